# docker build -t conformance:0.1 .
# docker run --rm -e MICROCMS_API_KEY -v "$PWD:/data" conformance:0.1 run --target targets/staging.yaml
FROM python:3.12-slim AS build
WORKDIR /src
COPY pyproject.toml setup.py MANIFEST.in README.md LICENSE CHANGELOG.md constraints.txt conftest.py ./
COPY conformance conformance
COPY cases cases
RUN python -m venv /opt/conformance/.venv \
 && /opt/conformance/.venv/bin/pip install --no-cache-dir --constraint constraints.txt ".[workers]"

FROM python:3.12-slim
COPY --from=build /opt/conformance/.venv /opt/conformance/.venv
COPY examples /opt/conformance/examples
RUN useradd --system --uid 10001 --create-home conformance && mkdir /data && chown conformance /data
ENV PATH=/opt/conformance/.venv/bin:$PATH PYTHONDONTWRITEBYTECODE=1
USER conformance
# Profiles, reports and the history are in the folder that is mounted here.
WORKDIR /data
STOPSIGNAL SIGTERM
ENTRYPOINT ["conformance"]
CMD ["--help"]
