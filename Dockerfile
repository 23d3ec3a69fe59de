# One image for every mode of Periplon: server, worker, run, and the client commands.
FROM mcr.microsoft.com/dotnet/sdk:10.0 AS build
WORKDIR /source
# The editor's settings are rules of the build too.
COPY .editorconfig ./
COPY src/ src/
COPY sql/ sql/
COPY examples/ examples/
RUN dotnet publish -c Release src/Periplon -o /out

FROM mcr.microsoft.com/dotnet/aspnet:10.0
# What script tasks are written in, setsid for process groups of their own, the time zones of schedules, and curl for the health check.
RUN apt-get update \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
    bash curl nodejs perl python3 ruby tini tzdata util-linux \
 && rm -rf /var/lib/apt/lists/*
COPY --from=build /out/ /opt/periplon/
# The second name is that of an earlier program with the same workflow files.
RUN ln -s /opt/periplon/periplon /usr/local/bin/periplon \
 && ln -s /opt/periplon/periplon /usr/local/bin/periplon-executor \
 && useradd --system --uid 10001 --create-home --home-dir /var/lib/periplon periplon \
 && mkdir /data \
 && chown periplon:periplon /data
USER 10001
WORKDIR /data
VOLUME /data
# HTTP, between silos, clients of the cluster. This version answers HTTP on the container's own loopback address only.
ENV PERIPLON__SERVER__DATA_DIR=/data \
    PERIPLON__SERVER__PORT=8080 \
    PERIPLON__CLUSTER__SILO_PORT=11111 \
    PERIPLON__CLUSTER__GATEWAY_PORT=30000 \
    DOTNET_BUNDLE_EXTRACT_BASE_DIR=/var/lib/periplon/.net
EXPOSE 8080 11111 30000
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
  CMD ["curl", "-fsS", "-o", "/dev/null", "http://127.0.0.1:8080/live"]
STOPSIGNAL SIGTERM
# tini collects what tasks leave behind, so that no dead process stays.
ENTRYPOINT ["tini", "--", "periplon"]
CMD ["server"]
