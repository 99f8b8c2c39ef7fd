"""Prometheus' text format, version 0.0.4: families of samples, each with its help and its kind."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Sample:
    value: float
    labels: Mapping[str, str] = field(default_factory=dict)
    suffix: str = ""


@dataclass(frozen=True, slots=True)
class Family:
    """`kind` is gauge or summary. All of our sums may fall when old runs are forgotten."""

    name: str
    words: str
    samples: Iterable[Sample]
    kind: str = "gauge"


def exposed(families: Iterable[Family]) -> str:
    """A family without samples is left out."""
    return "".join(_family(family) for family in families)


def _family(family: Family) -> str:
    lines = [_sample(family.name, sample) for sample in family.samples]
    if not lines:
        return ""
    head = [f"# HELP {family.name} {family.words}", f"# TYPE {family.name} {family.kind}"]
    return "\n".join([*head, *lines, ""])


def _sample(name: str, sample: Sample) -> str:
    labels = ",".join(f'{key}="{_escaped(value)}"' for key, value in sample.labels.items())
    shown = f"{{{labels}}}" if labels else ""
    return f"{name}{sample.suffix}{shown} {sample.value:.12g}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
