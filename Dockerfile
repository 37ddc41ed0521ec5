# syntax=docker/dockerfile:1
# Two stages: the first builds the pages and the program into one folder, the second holds nothing else.
# Node comes from the image. package.json also lists it as optional packages, for machines that bring another one.

FROM node:24.21.0-bookworm-slim AS build
WORKDIR /build

# The manifests alone first, so that a change of the code does not install everything anew.
COPY package.json package-lock.json .npmrc ./
COPY web/package.json web/
RUN npm ci --ignore-scripts --loglevel=error

COPY . .
RUN npm run build --workspace web && npm run build -- /app

# Started once, where it will run and as who will run it: what Node compiles is kept for that user, and makes every start
# faster on a file system that cannot be written. It may read that, and no more: what lies there is run.
# The seed is for this one start: hashes of names stand in what is compiled, and would make every file of it another one in every build.
RUN install --directory --owner=10001 /app/node_modules/.cache/weir \
    && setpriv --reuid=10001 --regid=10001 --clear-groups node --random-seed=1 --max-semi-space-size=8 --min-semi-space-size=8 --no-memory-reducer \
        scripts/warm-start.ts /app \
    && chown --recursive 0:0 /app/node_modules/.cache && chmod --recursive a+rX /app/node_modules/.cache


FROM node:24.21.0-bookworm-slim AS runtime

# A number, so that a cluster can see that it is not root. The link makes the default dataDirectory the volume.
RUN groupadd --gid 10001 weir \
    && useradd --uid 10001 --gid weir --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin weir \
    && install --directory --owner=weir --group=weir --mode=0750 /data \
    && install --directory /app && ln -s /data /app/data

WORKDIR /app
COPY --from=build /app ./

# Bound to every address of the container. With settings that name no keys and do not write out `access.mode: open`,
# Weir refuses to start there: a gateway that anybody may ask is never an accident.
ENV NODE_ENV=production \
    HOST=0.0.0.0 \
    PORT=4000 \
    WEIR_CONFIG=/etc/weir/weir.yaml

USER 10001:10001
VOLUME /data
EXPOSE 4000
STOPSIGNAL SIGTERM

HEALTHCHECK --interval=10s --timeout=3s --start-period=15s --retries=3 \
  CMD ["node", "--eval", "fetch(`http://127.0.0.1:${process.env.PORT}/healthz`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]

# Node itself, not npm: signals reach it, and nothing writes to a read-only file system.
# A nursery that is small and stays as it is, and nothing cleared away in pauses: with the kinds of objects that are gone
# for a moment V8 forgets what it has compiled for them, and the first second after a pause is slow (docs/performance.md).
CMD ["node", "--max-semi-space-size=8", "--min-semi-space-size=8", "--no-memory-reducer", "app/main.js"]

# What it was built from, last of all: another commit alone changes no layer. Who builds says it (docs/image.md): a time that
# the build took from its own clock would make two builds of one commit two images.
ARG SOURCE="unknown"
ARG REVISION="unknown"
ARG CREATED="1970-01-01T00:00:00Z"
LABEL org.opencontainers.image.title="Weir" \
      org.opencontainers.image.description="One API over many live-streaming CDN accounts" \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.base.name="docker.io/library/node:24.21.0-bookworm-slim" \
      org.opencontainers.image.source="${SOURCE}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}"
