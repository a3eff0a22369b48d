"""Objects that are proven not to be of the ORM, because another library made them.

A constructor of a class outside of Tortoise gives an object of that class. What its methods and
attributes give is not known: a container gives back whatever was put in.
"""

from __future__ import annotations

import sys

#: Libraries whose classes are no Tortoise models; one that is not listed may build on Tortoise.
_LIBRARIES = frozenset(
    # One word a name keeps this list readable and its changes small.
    """
    PIL aiofiles aiogram aiohttp aiomysql aioredis alembic amqp anyio apscheduler arq asyncpg
    attr authlib azure bcrypt bleach boto3 botocore bs4 celery certifi chardet click
    cryptography curl_cffi dateutil discord disnake dotenv elasticsearch email_validator faker
    fakeredis fastapi flask google grpc gunicorn hikari httpcore httpx itsdangerous jinja2
    jose jsonschema jwt kombu langchain langchain_core langgraph lightbulb litestar loguru
    lxml markdown markdown2 mcp minio motor multidict nats nextcord nicegui nonebot numpy
    openai opentelemetry orjson pandas passlib pendulum pika playwright prometheus_client
    psutil psycopg psycopg2 pydantic pydantic_settings pymongo pymysql pytest pytz
    qdrant_client quart redis requests rich sanic scrapy selenium sentry_sdk simplejson
    slowapi sqlalchemy starlette strawberry structlog tanjun telegram telethon tenacity
    tiktoken torch tqdm transformers typer ujson urllib3 uvicorn uvloop vkbottle websockets
    werkzeug yaml yarl
    """.split()  # noqa: SIM905
)

#: Functions of the standard library that give plain data or objects of their own, never what they
#: were given, by module.
_OWN_RESULTS = {
    "json": "dumps dump",
    "re": "compile match search fullmatch split findall finditer sub subn escape",
    "os": "getenv getcwd listdir urandom getpid cpu_count stat",
    "logging": "getLogger",
    "uuid": "uuid1 uuid4 uuid5",
    "time": "time monotonic perf_counter time_ns",
    "datetime.datetime": "now utcnow today fromtimestamp fromisoformat strptime combine",
    "datetime.date": "today fromisoformat",
    "secrets": "token_hex token_urlsafe token_bytes randbelow",
    "random": "random randint uniform randrange",
    "hashlib": "md5 sha1 sha256 sha512 new",
    "hmac": "new",
    "subprocess": "run check_output",
    "argparse": "ArgumentParser",
    "sqlite3": "connect",
    "urllib.parse": "urlparse urlencode quote unquote parse_qs urljoin",
    "base64": "b64encode b64decode",
    "builtins": "open",
}
_RESULTS = frozenset(f"{m}.{name}" for m, names in _OWN_RESULTS.items() for name in names.split())


_DATA = frozenset(
    f"{module}.{name}"
    for module, names in {
        "json": "loads load",
        "orjson": "loads",
        "ujson": "loads load",
        "simplejson": "loads load",
        "yaml": "safe_load safe_load_all",
        "tomllib": "loads load",
        "tomli": "loads load",
        "jwt": "decode",
        "jose.jwt": "decode",
        "os": "environ",
    }.items()
    for name in names.split()
)


def gives_data(dotted: str) -> bool:
    """Whether a function decodes text: what it gives is plain data all the way down."""
    return dotted in _DATA


def is_message(kind: str) -> bool:
    """Whether a class of a web library is a request, a response, or what sends them."""
    library, _, name = kind.partition(".")
    last = name.rpartition(".")[2]
    known = library in ("fastapi", "starlette", "httpx", "requests", "aiohttp", "sanic", "quart")
    return known and last.endswith(("Request", "Response", "Client", "WebSocket", "Session"))


def is_foreign(dotted: str) -> bool:
    """Whether a dotted name belongs to a library that knows nothing of Tortoise."""
    top = dotted.partition(".")[0]
    return top in _LIBRARIES or (top in sys.stdlib_module_names and top != "typing")


def makes_foreign(dotted: str) -> bool:
    """Whether calling a thing outside the project gives an object that is not of the ORM.

    True for classes, which by convention begin with a capital letter, of the libraries above.
    """
    name = dotted.rpartition(".")[2]
    return dotted in _RESULTS or (is_foreign(dotted) and name[:1].isupper())
