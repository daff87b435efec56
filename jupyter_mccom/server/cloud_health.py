"""Whether the cloud is asked now, in a word and in one line for a person: what `cloud.state` and `cloud.detail` say."""

from __future__ import annotations

import math

from ..compose import OpenCascade


def cloud_health(opened: OpenCascade) -> tuple[str, str]:
    """`ready`, `paused` (it failed several times in a row), `limited` (calls are used up) or `off`; then the detail.

    The detail is empty where there is nothing to say.
    """
    cloud = opened.cascade.cloud
    if cloud is None:
        return "off", ""
    if cloud.budget.spent:
        return "limited", "today's cloud calls or tokens are used up; the cloud is asked again tomorrow (UTC)"
    breaker, name = cloud.breaker, cloud.engine.name
    if breaker.lets:
        return "ready", cloud.budget.trouble
    when = f"it is asked again in {math.ceil(breaker.left_s)} s" if breaker.left_s else "it is being asked again"
    if breaker.limited:
        return "limited", f"{name} limits how often it may be asked; {when}"
    return "paused", f"{name} does not answer; {when}"
