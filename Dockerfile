# The steps are those of `npm start` and of .ci/run: scripts/run.mjs installs, builds and bundles.
ARG NODE_IMAGE=node:24.21.0-bookworm-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /src
# Dependencies first: they stay cached until a manifest changes.
COPY scripts ./scripts
COPY package.json pnpm-lock.yaml pnpm-workspace.yaml ./
COPY libs/extension-api/package.json ./libs/extension-api/
COPY libs/json-scan/package.json ./libs/json-scan/
COPY libs/platform-kit/package.json ./libs/platform-kit/
COPY libs/sse/package.json ./libs/sse/
COPY libs/store/package.json ./libs/store/
RUN ["node", "scripts/run.mjs", "pnpm", "--version"]
COPY LICENSE nest-cli.json tsconfig.base.json tsconfig.build.json tsconfig.json tsconfig.libs.json ./
COPY libs ./libs
COPY src ./src
RUN ["node", "scripts/run.mjs", "bundle", "/app"]

FROM ${NODE_IMAGE}
ENV NODE_ENV=production \
    HOST=0.0.0.0 \
    PORT=3000 \
    DATA_DIR=/data
WORKDIR /app
COPY --from=build /app ./
RUN ["install", "-d", "-o", "node", "-g", "node", "-m", "0700", "/data"]
# The code belongs to root: the service can write its data and nothing else.
USER node
VOLUME /data
EXPOSE 3000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/health`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "dist/main.js"]
