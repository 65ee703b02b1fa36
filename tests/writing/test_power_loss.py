"""In durable mode, what was acknowledged is on the disk (threats D6).

The database lies in a file system of its own whose device is a file. A copy of that file, taken at
any moment, is what a machine finds that lost its power at that moment: what was written and not
yet flushed is not in it.
"""

import itertools
import os
import random
import subprocess
import threading
import time
from pathlib import Path

import pytest

CUTS = int(os.environ.get("POWER_CUTS", "3"))
EX = "http://example.org/"
SIZE = 96 * 1024 * 1024


def _run(*words: object) -> None:
    done = subprocess.run(list(map(str, words)), capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"a file system in a file cannot be made here: {done.stderr.strip()}")


def _mount(image: Path, folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    # Nothing gets to the device by itself while a test lasts.
    _run("mount", "-o", "loop,commit=300", image, folder)


def _unmount(folder: Path) -> None:
    subprocess.run(["umount", "-l", folder], check=True)


@pytest.fixture(scope="module")
def disk(tmp_path_factory):
    """The image of a file system, and the folder where it is mounted."""
    folder = tmp_path_factory.mktemp("power")
    image, mounted = folder / "image", folder / "mounted"
    with image.open("wb") as file:
        file.truncate(SIZE)
    _run("mkfs.ext4", "-q", image)
    _mount(image, mounted)
    try:
        yield image, mounted
    finally:
        _unmount(mounted)


@pytest.mark.parametrize("cut", range(CUTS))
def test_what_was_acknowledged_survives_the_loss_of_power(disk, serving, tmp_path, eventually, cut):
    image, mounted = disk
    acknowledged: list[int] = []
    over = threading.Event()
    options = {"database": mounted / f"db{cut}"}
    with serving(options=options, DURABLE="true") as server:

        def change() -> None:
            for number in itertools.count():
                if over.is_set():
                    return
                server.client.must_update(
                    f"INSERT DATA {{ <{EX}n{number}> <{EX}one> {number} ; <{EX}two> {number} }}"
                )
                acknowledged.append(number)

        thread = threading.Thread(target=change)
        thread.start()
        assert eventually(lambda: len(acknowledged) > cut)
        time.sleep(random.uniform(0, 0.3))
        least = len(acknowledged)
        subprocess.run(["cp", "--sparse=always", image, tmp_path / "image"], check=True)
        over.set()
        thread.join()
    found = tmp_path / "mounted"
    _mount(tmp_path / "image", found)
    try:
        left = {"database": found / f"db{cut}", "files": []}
        with serving(options=left) as server:
            ones, twos = (
                {int(value) for (value,) in server.client.rows(f"SELECT ?v {{ ?s <{EX}{p}> ?v }}")}
                for p in ("one", "two")
            )
            server.client.must_update(f"INSERT DATA {{ <{EX}after> <{EX}one> 1 }}")
    finally:
        _unmount(found)
    assert ones == twos
    assert set(range(least)) <= ones
