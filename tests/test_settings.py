"""One table of settings, told four times: traits, the settings editor's schema, the README, and what a page may set."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from traitlets import Bool, Enum, List, TraitType, Unicode

from jupyter_mccom.bounded import Real, Whole
from jupyter_mccom.errors import SettingsError
from jupyter_mccom.models.catalog import ids
from jupyter_mccom.settings import AUTO, MCCom, changed, kinds, personal

ROOT = Path(__file__).parents[1]
SCHEMA: dict[str, Any] = json.loads((ROOT / "labextension" / "schema" / "plugin.json").read_text())
PROPERTIES: dict[str, dict[str, Any]] = SCHEMA["properties"]
TRAITS: dict[str, TraitType[Any, Any]] = MCCom.class_traits(config=True)
JSON_TYPES = {Bool: "boolean", Enum: "string", Real: "number", Whole: "integer", List: "array", Unicode: "string"}


def test_the_schema_holds_what_a_person_may_set_and_nothing_else() -> None:
    """The settings schema holds exactly what a person may set."""
    assert set(PROPERTIES) == set(personal())
    assert SCHEMA["additionalProperties"] is False


@pytest.mark.parametrize("name", PROPERTIES)
def test_a_property_is_its_trait(name: str) -> None:
    """Each property of the schema has its trait's type, default, bounds and choices."""
    told, trait = PROPERTIES[name], TRAITS[name]
    assert told["type"] == JSON_TYPES[type(trait)]
    assert told["default"] == trait.default()
    assert (told.get("minimum"), told.get("maximum")) == (_bound(trait, "min"), _bound(trait, "max"))
    choices = (
        (AUTO, *ids(), *(f"{family}-mlx" for family in ids())) if name == "model" else getattr(trait, "values", None)
    )
    assert [choice["const"] for choice in told.get("oneOf", [])] == list(choices or [])
    assert told["title"]
    assert told["description"]


def test_the_server_page_has_a_row_for_each_trait() -> None:
    """A row is the trait's name, its default and its help, and no trait is without one."""
    page = (ROOT / "jupyter_mccom" / "server" / "README.md").read_text(encoding="utf-8")
    section = page.partition("\n## Settings\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `(\w+)` \| `([^|`]*)` \| (.+) \|$", section, re.MULTILINE)
    listed = {name: (default.strip(), meaning) for name, default, meaning in rows}
    assert listed == {name: (_shown(trait.default()), trait.help) for name, trait in TRAITS.items()}


def _shown(default: object) -> str:
    return f"{default:g}" if isinstance(default, float) else str(default)


@pytest.mark.parametrize("name", [name for name, trait in TRAITS.items() if isinstance(trait, Whole | Real)])
def test_each_number_has_a_range(name: str) -> None:
    """A number outside its range is refused with the range, however large it is, and so is what is no number."""
    trait = TRAITS[name]
    assert isinstance(trait, Whole | Real)
    least, most = f"{trait.min:,}", f"{trait.max:,}"
    no_numbers = [float("nan"), float("inf")] if isinstance(trait, Real) else []
    for value in (10**30, -(10**400), trait.max + 1, trait.min - 1, *no_numbers):
        with pytest.raises(SettingsError) as refused:
            changed(MCCom(), **{name: value})
        assert f"{name} must be between {least} and {most}, not " in str(refused.value)
        assert len(str(refused.value)) < 200
    for value in (trait.min, trait.max):
        changed(MCCom(), **{name: value})


def test_a_model_is_not_unloaded_at_once() -> None:
    """Less than 0.1 s without a request ends no process, and 0 is never."""
    with pytest.raises(SettingsError, match=r"0 \(never\) or at least 0\.1"):
        changed(MCCom(), idle_unload_s=1e-9)


def test_no_page_sets_a_secret_a_path_or_an_address() -> None:
    """No setting holds a secret, and no page sets a path, an address or where a key lies."""
    assert not {name for name in TRAITS if re.search(r"(^|_)(key|token|password|secret)$", name)}
    others = set(TRAITS) - set(personal())
    assert others >= {"models_dir", "project_root", "cloud_dialect", "cloud_url", "cloud_key_env", "cloud_key_file"}
    places = {name for name in TRAITS if re.search(r"_(dir|root|file|url|env|dialect)$", name)}
    assert others == places | {"local_model", "auto_budget_s", "cloud_setup", "find_servers", "opt_outs_bind"}


@pytest.mark.parametrize("name", TRAITS)
def test_a_setting_has_a_kind_and_a_meaning(name: str) -> None:
    """Each setting has a known type and a help text."""
    assert kinds()[name] in (bool, int, float, str, list)
    assert TRAITS[name].help


def _bound(trait: TraitType[Any, Any], name: str) -> float | None:
    found: float | None = getattr(trait, name, None)
    return found if found is None or abs(found) != float("inf") else None
