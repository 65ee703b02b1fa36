"""Settings come from four places, the later beating the earlier, and mistakes are told."""

import dataclasses
import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg import settings
from kg.errors import BadSetting
from kg.settings import Settings


@pytest.fixture
def load(tmp_path):
    """Return what loads settings from a kg.toml with this content."""

    def load(toml=None, environment=None, **options):
        if toml is not None:
            (tmp_path / "kg.toml").write_text(toml, encoding="utf-8")
        return settings.load(environment=environment or {}, folder=tmp_path, options=options)

    return load


def test_without_anything_the_defaults_hold(load):
    assert load() == Settings()


@pytest.mark.parametrize(
    ("toml", "environment", "option", "expected"),
    [
        (None, {}, None, 128 * 1024),
        ("max_query_bytes = 1", {}, None, 1),
        ("max_query_bytes = 1", {"KG_MAX_QUERY_BYTES": "2"}, None, 2),
        ("max_query_bytes = 1", {"KG_MAX_QUERY_BYTES": "2"}, 3, 3),
        (None, {"MAX_QUERY_BYTES": "2", "kg_max_query_bytes": "2"}, None, 128 * 1024),
    ],
)
def test_options_beat_the_environment_which_beats_the_file(
    load, toml, environment, option, expected
):
    assert load(toml, environment, max_query_bytes=option).max_query_bytes == expected


@pytest.mark.parametrize(
    ("name", "toml", "text", "expected"),
    [
        ("union_default_graph", "false", "false", False),
        ("union_default_graph", "true", "YES", True),
        ("union_default_graph", "false", "0", False),
        ("max_query_bytes", "4096", "4096", 4096),
        ("query_seconds", "1", "1", 1.0),
        ("query_seconds", "0.25", "0.25", 0.25),
        ("languages", '["en", "zh-Hans"]', "en, zh-Hans", ("en", "zh-Hans")),
        ("languages", '"en"', "en", ("en",)),
        ("trusted_hosts", "[]", "", ()),
        ("db", '"/var/my data"', "/var/my data", Path("/var/my data")),
        ("db", '"资料"', "资料", Path("资料")),
        ("db", '"~/x"', "~/x", Path.home() / "x"),
        ("base_iri", '"http://e.org/#"', "http://e.org/#", "http://e.org/#"),
    ],
)
def test_a_value_means_the_same_in_the_file_and_in_the_environment(
    load, name, toml, text, expected
):
    assert getattr(load(environment={f"KG_{name.upper()}": text}), name) == expected
    assert getattr(load(f"{name} = {toml}"), name) == expected


@pytest.mark.parametrize(
    ("toml", "environment", "told"),
    [
        ("max_query_byte = 1", {}, ["'max_query_byte' in", "kg.toml", "'max_query_bytes'?"]),
        ("[base_iri2]\nx = 1", {}, ["'base_iri2' in", "kg.toml", "'base_iri'?"]),
        ("Languages = []", {}, ["'Languages' in", "'languages'?"]),
        (None, {"KG_LANGUAGE": "en"}, ["'KG_LANGUAGE' in the environment", "KG_LANGUAGES"]),
        (None, {"KG_": "en"}, ["'KG_' in the environment"]),
    ],
)
def test_an_unknown_name_is_an_error_that_suggests_the_nearest(load, toml, environment, told):
    with pytest.raises(BadSetting, match=r"unknown setting .*; did you mean ") as caught:
        load(toml, environment)
    for words in told:
        assert words in caught.value.message


@pytest.mark.parametrize(
    ("toml", "message"),
    [
        ("max_query_bytes = 0", "max_query_bytes must be at least 1, not 0"),
        ("max_query_bytes = -1", "at least 1"),
        ("max_query_bytes = 1.5", "must be a whole number, not 1.5"),
        ("max_query_bytes = true", "must be a whole number, not True"),
        ('max_query_bytes = "many"', "must be a whole number, not 'many'"),
        ('max_query_bytes = ""', "must be a whole number"),
        ("query_seconds = 0", "query_seconds must be more than 0"),
        ("query_seconds = inf", "query_seconds must be more than 0"),
        ("query_seconds = nan", "query_seconds must be more than 0"),
        ("query_seconds = []", "must be a number"),
        ("union_default_graph = 2", "must be true or false, not 2"),
        ('union_default_graph = "maybe"', "must be true or false, not 'maybe'"),
        ("languages = []", "languages must name at least one"),
        ('languages = " , "', "languages must name at least one"),
        ("languages = 3", "must be a list of texts, not 3"),
        ("languages = [1]", "must be a list of texts"),
        ("db = 3", "must be a path, not 3"),
        ("base_iri = 3", "must be text, not 3"),
        ('base_iri = ""', "must be an http"),
        ('base_iri = "https://e.org"', "ends in '/' or '#'"),
        ('base_iri = "ftp://e.org/"', "must be an http"),
        ('base_iri = "http://a b/"', "base_iri"),
        ('base_iri = "http://[/"', "base_iri"),
        ('base_iri = "http://e.org/%zz/"', "base_iri"),
        ('base_iri = "http://e.org:x/"', "base_iri"),
        ('base_iri = "http://e.org/\\uE000/"', "base_iri"),
        ('base_iri = "http://e.org/<x>/"', "base_iri"),
        ('db = "a\\u0000b"', "db"),
        ('db = "~nobody-of-this-name/x"', "db"),
    ],
)
def test_an_impossible_value_is_an_error_that_says_what_was_expected(load, toml, message):
    with pytest.raises(BadSetting, match=message):
        load(toml)


@pytest.mark.parametrize(
    "content",
    [b"garbage", b"x =", b"\xff\xfe", b'languages = ["en"]\nlanguages = []', b"[[[", b"\x00"],
)
def test_a_file_that_is_not_toml_is_named(tmp_path, content):
    (tmp_path / "kg.toml").write_bytes(content)
    with pytest.raises(BadSetting, match=r"kg\.toml: not valid TOML: ."):
        settings.load(environment={}, folder=tmp_path)


WORDS = st.text(st.characters(exclude_categories=["C", "Z"], exclude_characters=","), min_size=1)
COUNTS = st.integers(1, 2**40)

SETTINGS = st.builds(
    Settings,
    db=st.none() | WORDS.map("/x/".__add__).map(Path),
    base_iri=st.sampled_from(["http://e.org/", "https://e.org/x#"]),
    languages=st.lists(WORDS, min_size=1).map(tuple),
    union_default_graph=st.booleans(),
    max_query_bytes=COUNTS,
    max_result_bytes=COUNTS,
    trusted_hosts=st.lists(WORDS).map(tuple),
    source_dir=st.none() | WORDS.map("/x/".__add__).map(Path),
)


def given_values(value: Settings) -> dict:
    """Return what has to be said to get these settings."""
    return {name: each for name, each in dataclasses.asdict(value).items() if each is not None}


def as_text(value) -> str:
    return ",".join(value) if isinstance(value, tuple) else str(value)


def as_toml(value) -> str:
    text = value if isinstance(value, (bool, int, float, tuple)) else str(value)
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


@given(SETTINGS)
def test_settings_come_back_from_the_environment(value):
    environment = {f"KG_{name.upper()}": as_text(v) for name, v in given_values(value).items()}
    assert settings.load(environment=environment, folder=Path("/nowhere")) == value


@given(SETTINGS)
def test_settings_come_back_from_a_file(value):
    lines = [f"{name} = {as_toml(each)}" for name, each in given_values(value).items()]
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "kg.toml").write_text("\n".join(lines), encoding="utf-8")
        assert settings.load(environment={}, folder=Path(folder)) == value


@given(SETTINGS)
def test_settings_come_back_from_options(value):
    options = dataclasses.asdict(value)
    assert settings.load(environment={}, folder=Path("/nowhere"), options=options) == value
