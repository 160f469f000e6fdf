# The collector as a server. `docker build -t amberflo-collector .`, then
#   docker run -p 8787:8787 -v spool:/data -e COLLECTOR_SPOOL=sqlite:/data/spool.db \
#     -e AMBERFLO_API_KEY -e COLLECTOR_TOKEN_SECRET -e COLLECTOR_ORIGINS=https://www.example.com amberflo-collector

FROM node:20-slim AS build
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY . .
RUN npm run build && npm pack --ignore-scripts --pack-destination /tmp

# As anybody installs it, and with it what the two kinds of spool need.
FROM node:20-slim AS install
WORKDIR /app
COPY --from=build /tmp/amberflo-destination-*.tgz /tmp/
RUN npm install /tmp/amberflo-destination-*.tgz better-sqlite3@12 @redis/client@6

FROM node:20-slim
ENV NODE_ENV=production
COPY --from=install /app /app
RUN mkdir /data && chown node:node /data
USER node
VOLUME /data
EXPOSE 8787
HEALTHCHECK --interval=10s --timeout=3s CMD ["node", "-e", "fetch(`http://localhost:${process.env.PORT || 8787}/livez`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# Flags such as --trust-client are added after the image's name.
ENTRYPOINT ["node", "/app/node_modules/amberflo-destination/dist/server/bin.js"]
