"""The catalogue of the interface is complete."""

import subprocess
import sys
from pathlib import Path

from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[2]
CATALOGUE = ROOT / "src/kg/web/translations/zh_Hans/LC_MESSAGES/messages.po"


def test_every_text_of_the_interface_is_translated(tmp_path):
    template = tmp_path / "messages.pot"
    pybabel = Path(sys.executable).with_name("pybabel")
    command = [pybabel, "-q", "extract", "-F", "babel.cfg", "-o", template, "src/kg/web"]
    subprocess.run(command, cwd=ROOT, check=True)
    with template.open("rb") as file:
        wanted = {message.id for message in read_po(file) if message.id}
    with CATALOGUE.open("rb") as file:
        catalogue = read_po(file, locale="zh_Hans")
    translated = {message.id for message in catalogue if message.id and all([*message.string])}
    assert wanted - translated == set()
    assert translated - wanted == set(), "these are no longer used"
