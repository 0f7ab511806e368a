"""Serve the built site on this machine only, compressed as hosts do it."""

import argparse
import gzip
import io
import sys
from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

COMPRESSED = {".html", ".css", ".js", ".json", ".svg", ".txt", ".ipynb", ".inv"}


class Handler(SimpleHTTPRequestHandler):
    """Static files, gzipped where the browser accepts it and the kind gains by it."""

    protocol_version = "HTTP/1.1"

    def send_head(self):
        """The file to send, after its headers."""
        path = Path(self.translate_path(self.path))
        path = path / "index.html" if path.is_dir() and self.path.split("?")[0].endswith("/") else path
        accepted = "gzip" in self.headers.get("Accept-Encoding", "")
        if not (accepted and path.suffix in COMPRESSED and path.is_file()):
            return super().send_head()
        body = gzip.compress(path.read_bytes(), compresslevel=6, mtime=0)
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(str(path)))
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        return io.BytesIO(body)

    def send_error(self, code, message=None, explain=None):
        """The site's own page for an address that it does not have, as hosts do it."""
        page = Path(self.directory, "404.html")
        if code != HTTPStatus.NOT_FOUND or not page.is_file():
            super().send_error(code, message, explain)
            return
        body = page.read_bytes()
        self.send_response(code)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def end_headers(self):
        """No page of yesterday's build from the browser's cache."""
        self.send_header("Cache-Control", "no-cache")
        super().end_headers()

    def log_message(self, *_):
        """Silence: a line for every font helps nobody."""


class Server(ThreadingHTTPServer):
    """A server that says nothing when a browser goes away in the middle of an answer, as they do."""

    def handle_error(self, request, client_address):
        """Called by the server, inside the exception."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


def server(folder, port=0):
    """A server of `folder` on localhost, not yet running; port 0 takes a free one, see `server_address`."""
    return Server(("127.0.0.1", port), partial(Handler, directory=str(folder)))


def main(arguments=None):
    """Serve until Ctrl-C."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=Path("_build/html"))
    parser.add_argument("--port", type=int, default=8000)
    options = parser.parse_args(arguments)
    with server(options.folder, options.port) as httpd:
        print(f"The book: http://localhost:{httpd.server_address[1]}/  (Ctrl-C stops it)", flush=True)
        try:
            httpd.serve_forever()
        except KeyboardInterrupt:
            print()


if __name__ == "__main__":
    main()
