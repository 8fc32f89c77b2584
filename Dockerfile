# One image for every role; the command decides: `station up` (everything but Temporal), `python -m worker engine`,
# `python -m api`, `temporal server start-dev`.
FROM python:3.11-slim-bookworm AS screen
WORKDIR /build
COPY ui ui
# Node comes from PyPI, as the rest does; nothing of it is in the image that runs.
RUN ui/with-node npm ci && ui/with-node npm run build

FROM python:3.11-slim-bookworm

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1

# Serial ports belong to `dialout`.
RUN useradd --system --create-home --home-dir /opt/station --groups dialout station
WORKDIR /opt/station

COPY requirements.lock ./
RUN pip install --require-hashes -r requirements.lock

COPY pyproject.toml README.md ./
COPY station station
COPY workflows workflows
COPY activities activities
COPY worker worker
COPY api api
COPY --from=screen /build/api/static api/static
COPY sequences sequences
COPY config config
RUN pip install --no-deps --no-build-isolation --editable . && install -d -o station -g station data

USER station
VOLUME /opt/station/data
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8080/health/liveness', timeout=4)"]
CMD ["station", "up", "--config", "config/station.yaml"]
