# Two images from one file: `docker build --target agent .` and `--target server .`
# The base is named by its tag, for its digest could not be looked up where this was written; a release build says
# --build-arg BASE=python:3.12-slim-bookworm@sha256:… and the SBOM that goes with the image names it.
ARG BASE=python:3.12-slim-bookworm

FROM ${BASE} AS wheels
WORKDIR /src
COPY LICENSE pyproject.toml README.md ./
COPY gobs_core gobs_core
COPY collectors collectors
COPY sinks sinks
COPY notifiers notifiers
COPY proto proto
COPY server server
RUN --mount=type=cache,target=/root/.cache/pip \
    pip wheel --no-deps --wheel-dir /wheels ./gobs_core ./collectors ./sinks ./notifiers ./proto ./server
RUN --mount=type=cache,target=/root/.cache/pip \
    python -m venv /opt/agent && \
    /opt/agent/bin/pip install --no-compile --find-links /wheels "gobs-collectors[kubernetes]" gobs-sinks && \
    /opt/agent/bin/pip uninstall --yes pip && \
    python -m venv /opt/server && \
    /opt/server/bin/pip install --no-compile --find-links /wheels gobs-server gobs-notifiers gobs-sinks && \
    /opt/server/bin/pip uninstall --yes pip

# The agent, with perf for flamegraphs. It runs as a uid of its own; in a pod that needs capabilities it starts as root
# and leaves it at once (agent.run_as).
FROM ${BASE} AS agent
RUN apt-get update && \
    apt-get install --yes --no-install-recommends linux-perf && \
    rm -rf /var/lib/apt/lists/* && \
    useradd --uid 61234 --no-create-home --home-dir /tmp --shell /usr/sbin/nologin gobs
COPY --from=wheels /opt/agent /opt/agent
ENV PATH=/opt/agent/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
USER 61234:61234
ENTRYPOINT ["gobs"]
CMD ["agent"]

# The server: pages, REST and agents' connections.
FROM ${BASE} AS server
RUN useradd --uid 61235 --no-create-home --home-dir /var/lib/gobservability --shell /usr/sbin/nologin gobs && \
    install -d -o 61235 -g 61235 -m 700 /var/lib/gobservability
COPY --from=wheels /opt/server /opt/server
ENV PATH=/opt/server/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 GOBS_SERVER__DATA=/var/lib/gobservability
USER 61235:61235
VOLUME /var/lib/gobservability
EXPOSE 8080 9090
ENTRYPOINT ["gobs"]
CMD ["server"]
