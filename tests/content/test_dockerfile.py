"""A Dockerfile is read well enough to know which steps can hold a secret."""

from __future__ import annotations

import pytest

from harness.schema.dockerfile import declared_arguments, instructions, with_labels

STAGES = """\
# a comment
ARG BASE=debian
FROM $BASE AS make
RUN apt-get install \\
    # in between
    gcc

ARG KEY=none
RUN gcc -DKEY="$KEY"
FROM debian
RUN useradd shop
COPY --from=make /made /made
COPY shop.py /opt/
CMD ["shop"]
"""


def marked(text: str, *arguments: str, paths: tuple[str, ...] = ()) -> list[str]:
    """The lines with the label, as "LABEL"."""
    lines = with_labels(text, {"a": "b"}, arguments=arguments, paths=paths).splitlines()
    return ["LABEL" if line == 'LABEL "a"="b"' else line for line in lines]


def before(text: str, *arguments: str, paths: tuple[str, ...] = ()) -> list[str]:
    """The lines that stand behind a label; "" for the end."""
    lines = [*marked(text, *arguments, paths=paths), ""]
    return [lines[at + 1] for at, line in enumerate(lines) if line == "LABEL"]


def test_instructions_are_joined_and_numbered() -> None:
    found = [(each.line, each.name) for each in instructions(STAGES)]
    assert found == [
        (1, "ARG"), (2, "FROM"), (3, "RUN"), (7, "ARG"), (8, "RUN"),
        (9, "FROM"), (10, "RUN"), (11, "COPY"), (12, "COPY"), (13, "CMD"),
    ]  # fmt: skip
    assert next(each.rest for each in instructions(STAGES) if each.line == 3) == (
        "apt-get install gcc"
    )


def test_only_arguments_of_a_stage_count_as_declared() -> None:
    assert declared_arguments(STAGES) == {"KEY"}
    assert declared_arguments('FROM x\narg A B=1\nARG C="two words"\n') == {"A", "B", "C"}


def test_labels_stand_before_the_first_step_that_takes_the_secret() -> None:
    assert before(STAGES, "KEY") == ["ARG KEY=none", "COPY --from=make /made /made"]
    assert before(STAGES, paths=("shop.py",)) == ["COPY shop.py /opt/"]


def test_nothing_else_changes() -> None:
    assert [line for line in marked(STAGES, "KEY") if line != "LABEL"] == STAGES.splitlines()


def test_the_last_stage_is_labelled_in_any_case() -> None:
    assert before("FROM x AS a\nARG KEY\nFROM y\nRUN true\n", "KEY") == ["ARG KEY", ""]
    assert before(STAGES, "OTHER") == [""]


def test_a_stage_that_stands_on_a_labelled_one_has_its_labels() -> None:
    text = "FROM x AS a\nARG KEY\nFROM a\nARG KEY\n"
    assert before(text, "KEY") == ["ARG KEY"]
    assert before(text.replace("FROM a", "FROM --platform=linux/amd64 A AS b"), "KEY") == [
        "ARG KEY"
    ]


def test_a_stage_may_be_called_by_its_number() -> None:
    text = "FROM x\nARG KEY\nFROM y\nCOPY --chown=1 --from=0 /a /b\n"
    assert before(text, "KEY") == ["ARG KEY", "COPY --chown=1 --from=0 /a /b"]
    assert before(text.replace("from=0", "from=1"), "KEY") == ["ARG KEY", ""]


@pytest.mark.parametrize(
    ("step", "takes"),
    [
        ("COPY . /srv", True),
        ("COPY ./ /srv", True),
        ("COPY src /srv", True),
        ("COPY /src/ /srv", True),
        ("COPY ./src/*.c /srv", True),
        ("COPY s*/main.? /srv", True),
        ("COPY other src/main.c /srv", True),
        ('COPY ["other", "src/main.c", "/srv"]', True),
        ("add --chown=a:b src/main.c /srv", True),
        ("COPY $WHAT /srv", True),
        ("COPY --from=$WHAT x /srv", True),
        ("COPY \\\n  src \\\n  /srv", True),
        ("COPY src/main.h /srv", False),
        ("COPY src/main.c.bak /srv", False),
        ("COPY *.c /srv", False),
        ("COPY other /src", False),
        ('COPY ["other", "src"]', False),
        ("COPY --from=other src/main.c /srv", False),
        ("RUN echo src/main.c", False),
    ],
)
def test_what_a_step_copies_is_known(step: str, takes: bool) -> None:  # noqa: FBT001
    first = step.splitlines()[0]
    assert before(f"FROM x\n{step}\n", paths=("src/main.c",)) == [first if takes else ""]


def test_values_of_labels_stay_what_they_are() -> None:
    text = with_labels("FROM x\n", {"a b": 'say "$HOME" \\n'}, arguments=(), paths=())
    assert text == 'FROM x\nLABEL "a b"="say \\"\\$HOME\\" \\\\n"\n'
