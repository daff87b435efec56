"""Jupyter Server's event bus: open pages hear at once that settings changed, whoever changed them."""

from __future__ import annotations

from jupyter_events import EventLogger

from ..settings import MCCom

SETTINGS_CHANGED = "https://events.jupyter.org/jupyter_mccom/settings_changed"
"""The page listens to this schema (`labextension/src/settings/elsewhere.ts`)."""
_SCHEMA = f"""
$id: {SETTINGS_CHANGED}
version: "1"
title: Settings of jupyter-mccom changed
description: Somebody changed a setting that a person may change, or what is set up as the cloud.
type: object
properties:
  enabled:
    title: Completions are switched on
    type: boolean
required: [enabled]
"""


def register_events(logger: EventLogger) -> None:
    """Makes our events known to the bus. Call it once a server."""
    logger.register_event_schema(_SCHEMA)


def tell_settings_changed(logger: EventLogger, settings: MCCom) -> None:
    """Tells the pages."""
    logger.emit(schema_id=SETTINGS_CHANGED, data={"enabled": settings.enabled})
