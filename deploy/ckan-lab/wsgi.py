"""The CKAN application that gunicorn serves; LAB_INI names its configuration."""
import os
from logging.config import fileConfig

from ckan.cli import CKANConfigLoader
from ckan.config.middleware import make_app

fileConfig(os.environ["LAB_INI"], disable_existing_loggers=False)
application = make_app(CKANConfigLoader(os.environ["LAB_INI"]).get_config())
