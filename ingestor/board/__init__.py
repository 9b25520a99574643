"""The built-in board: pages for people and a JSON API for machines, over HTTP, beside the service or alone.

`app.py` puts it together. `source.py` asks the store, in threads of `lanes.py`, and remembers; `reach.py` asks its
server whether it is there. `views.py` says what pages show, `wall.py` and `pages.py` show it, by `shown.py`, with
scripts and styles of `files.py`; `endpoints.py` and `api.py` are the API; `events.py` tells browsers that something
changed; `bulletins.py` makes bulletins. Nothing can be changed but who acknowledged a notice.
"""
