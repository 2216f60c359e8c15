"""Model files: what they pin, what is refused, and where it goes."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.content.model_files import load_model_file, load_models
from harness.errors import ContentErrors, UsageError
from harness.messages import Settings
from harness.schema.config import RunConfig

WHOLE = """
schema = 1
name = "gpt-local"
provider = "openai"
id = "qwen3-32b"
base_url = "http://127.0.0.1:8000/v1"
api_key_env = "LOCAL_KEY"
context_tokens = 32_768
[settings]
max_tokens = 4096
temperature = 0.0
[prices]
input = 0.1
output = 0.4
cache_read = 0.05
cache_write = 0.1
"""
SMALL = 'schema = 1\nname = "small"\nprovider = "anthropic"\nid = "claude-haiku-4-5"\n'


def write(folder: Path, text: str, name: str = "model.toml") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def test_a_file_says_all_that_a_model_is_asked_with(tmp_path: Path) -> None:
    pinned = load_model_file(write(tmp_path, WHOLE))
    assert (pinned.name, pinned.provider, pinned.id) == ("gpt-local", "openai", "qwen3-32b")
    assert pinned.settings == Settings(max_tokens=4096, temperature=0.0)
    assert pinned.prices is not None
    assert pinned.prices.cache_read == 0.05


def test_names_and_files_stand_side_by_side(tmp_path: Path) -> None:
    write(tmp_path, WHOLE)
    specs = ["anthropic/claude-x", "model.toml", "scripted/replies.toml"]
    names, pinned = load_models(specs, base=tmp_path)
    assert names == ["anthropic/claude-x", "gpt-local", "scripted/replies.toml"]
    assert set(pinned) == {"gpt-local"}


def test_one_name_for_two_models_is_refused(tmp_path: Path) -> None:
    write(tmp_path, SMALL, "a.toml")
    write(tmp_path, SMALL, "b.toml")
    assert load_models(["a.toml", "b.toml"], base=tmp_path)[0] == ["small", "small"]
    write(tmp_path, SMALL.replace("haiku", "opus"), "b.toml")
    with pytest.raises(UsageError, match=r"b\.toml.*'small'"):
        load_models(["a.toml", "b.toml"], base=tmp_path)


def test_a_plan_keeps_what_the_file_said_through_its_record(tmp_path: Path) -> None:
    names, pinned = load_models([str(write(tmp_path, WHOLE))])
    config = RunConfig(
        selectors=["all"],
        models=[*names, "anthropic/x"],
        pinned=pinned,
        settings=Settings(max_tokens=7),
    )
    read = RunConfig.model_validate(config.model_dump(mode="json"))
    assert read.pinned == config.pinned
    assert read.settings_of("gpt-local").max_tokens == 4096
    assert read.settings_of("anthropic/x").max_tokens == 7


@pytest.mark.parametrize(
    ("change", "where", "said"),
    [
        (('"openai"', '"oracle"'), "provider", "anthropic"),
        (('"gpt-local"', '"GPT local"'), "name", "small letters"),
        (('"gpt-local"', '"none"'), "name", "none"),
        (('id = "qwen3-32b"', ""), "id", "is missing"),
        (("schema = 1", "schema = 2"), "schema", "1"),
        (("temperature", "temprature"), "temprature", 'did you mean "temperature"'),
        (("output = 0.4", "output = -1"), "prices.output", "0"),
        (("output = 0.4", ""), "prices.output", "is missing"),
        (('"LOCAL_KEY"', '"sk-abc123"'), "api_key_env", "environment variable"),
        (("api_key_env", "api_key"), "api_key", "api_key_env"),
        (('"http://127', '"ftp://127'), "base_url", "http://host"),
        (('"http://127', '"http://me:pw@127'), "base_url", "api_key_env"),
        (("context_tokens = 32_768", "context_tokens = 0"), "context_tokens", "0"),
        (("max_tokens = 4096", "thinking_tokens = 4096"), "", "set effort"),
        (('"openai"', '"vertex"'), "", "api_key_env does not fit vertex"),
    ],
)
def test_a_wrong_field_is_named_with_its_line_and_remedy(
    change: tuple[str, str], where: str, said: str, tmp_path: Path
) -> None:
    assert change[0] in WHOLE
    path = write(tmp_path, WHOLE.replace(*change))
    with pytest.raises(ContentErrors) as caught:
        load_model_file(path)
    (error,) = caught.value.errors
    assert error.where.startswith(str(path))
    assert error.where.endswith(where)
    assert said in str(error)


@pytest.mark.parametrize("text", ["name = ", "\xff"])
def test_what_is_no_toml_is_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.toml"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(ContentErrors, match=r"bad\.toml"):
        load_model_file(path)
    with pytest.raises(ContentErrors, match="cannot be read"):
        load_model_file(tmp_path / "absent.toml")
