"""Several models in one server: the header X-Script names the script, X-Image the image whose handlers it has."""

import importlib
from typing import Any

import image_modules  # beside this file

apps: dict[str, Any] = {}


def application(environ: Any, start_response: Any) -> Any:
    """What gunicorn's workers run; a script that cannot be loaded raises, as in a container."""
    script, image = environ.pop("HTTP_X_SCRIPT"), environ.pop("HTTP_X_IMAGE")
    if script not in apps:
        apps[script] = image_modules.app_of(importlib.import_module(script), image)
    return apps[script](environ, start_response)
