# The worker, and the emulator as another target, from one build. How they are run: docs/deployment.md.

FROM node:24.21.0-trixie-slim AS base
WORKDIR /app
COPY package.json package-lock.json .npmrc ./

# Not `npm ci`: it wants the optional packages of every platform in the lock file. The versions are the lock file's all
# the same. The SDK brings its native part for five platforms; Linux's are kept.
FROM base AS production
RUN npm install --no-save --omit=dev \
  && rm -rf node_modules/@temporalio/core-bridge/releases/*-apple-* node_modules/@temporalio/core-bridge/releases/*-windows-*

FROM base AS build
RUN npm install --no-save
COPY . .
RUN npm run build

FROM build AS emulator
ENV NODE_ENV=production
USER 1000
EXPOSE 4010
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:4010/_control/clock').then((reply) => process.exit(reply.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "dist/emulator/main.js", "--host", "0.0.0.0", "--port", "4010"]

FROM base AS worker
# The SDK's native part trusts the system's authorities, and the slim image has none.
# hadolint ignore=DL3008
RUN apt-get update \
  && apt-get install --yes --no-install-recommends ca-certificates \
  && rm -rf /var/lib/apt/lists/* \
  && install -d -o node -g node /data
COPY --from=production /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
ENV NODE_ENV=production \
  MALLOC_ARENA_MAX=2 \
  MALLOC_MMAP_THRESHOLD_=65536 \
  NIGHTSHIFT_BUNDLE=/app/dist/workflow-bundle.js \
  NIGHTSHIFT_DATA=/data \
  NIGHTSHIFT_HEALTH=0.0.0.0:8081 \
  NIGHTSHIFT_METRICS=0.0.0.0:9464
USER 1000
EXPOSE 8081 9464
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:8081/healthz').then((reply) => process.exit(reply.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "--max-semi-space-size=2", "--heap-growing-percent=50", "dist/worker/main.js"]
