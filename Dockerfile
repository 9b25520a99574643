# qingjing with the versions that are locked in requirements/run.txt, run by nobody in particular. docs/deployment.md
FROM python:3.11-slim-bookworm AS build
WORKDIR /source
RUN python -m venv /opt/qingjing
COPY requirements/run.txt requirements/
RUN /opt/qingjing/bin/pip install --no-cache-dir --disable-pip-version-check --only-binary :all: \
    --require-hashes -r requirements/run.txt
COPY pyproject.toml README.md ./
COPY config config
COPY sensors sensors
COPY aggregations aggregations
COPY ingestor ingestor
RUN /opt/qingjing/bin/pip install --no-cache-dir --disable-pip-version-check --no-build-isolation --no-deps .

FROM python:3.11-slim-bookworm
RUN groupadd --gid 10001 qingjing && \
    useradd --uid 10001 --gid 10001 --home-dir /var/lib/qingjing --no-create-home --shell /usr/sbin/nologin qingjing && \
    install -d -o 10001 -g 10001 -m 700 /var/lib/qingjing /var/lib/simulator
COPY --from=build /opt/qingjing /opt/qingjing
ENV PATH=/opt/qingjing/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 \
    QINGJING_CONFIG=/etc/qingjing QINGJING_DATA=/var/lib/qingjing
USER 10001:10001
WORKDIR /var/lib/qingjing
ENTRYPOINT ["qingjing"]
CMD ["run"]
