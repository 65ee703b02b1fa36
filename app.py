"""The application for WSGI servers, for instance `granian --interface wsgi app:app`."""

from kg.web import create_app

app = create_app()
