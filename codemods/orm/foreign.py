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
    PIL aio_pika aiobotocore aiofiles aiogram aiohttp aiokafka aiomysql aioredis aiosqlite
    alembic amqp anyio apscheduler argon2 arq asyncpg asyncssh attr attrs authlib azure bcrypt
    beanie bleach boto3 botocore bs4 bullmq cachetools celery certifi chardet click confluent_kafka
    cryptography cv2 curl_cffi dateutil defusedxml discord disnake django docker docx dotenv
    elasticsearch email_validator faker fakeredis fastapi fitz flask fsspec google grpc gunicorn
    h11 hikari httpcore httpx influxdb_client itsdangerous jinja2 jose jsonschema jwt kafka kombu
    kubernetes langchain langchain_core langgraph ldap3 lightbulb litestar loguru lxml marko
    markdown markdown2 mcp meilisearch meilisearch_python_sdk mercadopago minio mongoengine motor
    msgpack multidict nats neo4j networkx nextcord nicegui nltk nonebot numpy oauthlib openai
    openpyxl opentelemetry orjson pandas panoramisk paramiko passlib peewee pendulum pika piccolo
    playwright polars prometheus_client psutil psycopg psycopg2 pydantic pydantic_settings
    pymongo pymupdf pymysql pypdf pyrogram pytest pytz qdrant_client qrcode quart redis reportlab
    requests rich sanic scipy scrapy selenium sentry_sdk simplejson sklearn slack_sdk slowapi
    sqlalchemy sqlmodel starlette statsmodels strawberry stripe structlog tanjun telebot telegram
    telethon tenacity textual tiktoken toml tomli tomlkit torch tornado tqdm transformers twilio
    typer ujson urllib3 uvicorn uvloop vkbottle watchfiles websocket websockets werkzeug xlrd
    xlsxwriter yaml yarl zeep
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
    "psycopg2": "connect",
    "pymysql": "connect",
    "redis": "from_url",
    "redis.asyncio": "from_url",
    "pandas": "read_csv read_excel read_json read_sql",
    "collections": "defaultdict deque namedtuple",
    "asyncio": "get_event_loop get_running_loop new_event_loop get_event_loop_policy",
    "socket": "socket create_connection",
    "qrcode": "make",
    "urllib.parse": "urlparse urlencode quote unquote parse_qs urljoin",
    "base64": "b64encode b64decode",
    "builtins": "open memoryview bytearray",
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


_VERBS = frozenset({"get", "post", "put", "patch", "delete", "head", "options", "request", "send"})
#: Coroutine functions that give a connection of their library.
_OPENED = frozenset(
    {"aio_pika.connect", "aio_pika.connect_robust", "aiosqlite.connect", "asyncpg.connect"}
    | {"asyncpg.create_pool", "aiomysql.connect", "aiomysql.create_pool"}
)
_MADE = _RESULTS | _OPENED


def gives_data(dotted: str) -> bool:
    """Whether a function decodes text: what it gives is plain data all the way down."""
    return dotted in _DATA


def is_message(kind: str) -> bool:
    """Whether a class of a web library is a request, a response, or what sends them."""
    library, _, name = kind.partition(".")
    last = name.rpartition(".")[2]
    known = library in ("fastapi", "starlette", "httpx", "requests", "aiohttp", "sanic", "quart")
    return known and last.endswith(("Request", "Response", "Client", "WebSocket", "Session"))


def gives_response(dotted: str) -> bool:
    """Whether a function, or a method of what sends requests, gives the response to one."""
    owner, _, verb = dotted.rpartition(".")
    sends = owner in ("httpx", "requests") or (
        is_message(owner) and owner.endswith(("Client", "Session"))
    )
    return sends and verb in _VERBS


def response_of(dotted: str) -> str:
    """The class of what such a call gives."""
    return f"{dotted.partition('.')[0]}.Response"


def is_awaited_as(kind: str) -> bool:
    """Whether waiting for an object gives an object of that kind, with nothing else in it."""
    return kind in _OPENED or (is_message(kind) and kind.endswith("Response"))


def is_foreign(dotted: str) -> bool:
    """Whether a dotted name belongs to a library that knows nothing of Tortoise."""
    top = dotted.partition(".")[0]
    return top in _LIBRARIES or (top in sys.stdlib_module_names and top != "typing")


def makes_foreign(dotted: str) -> bool:
    """Whether calling a thing outside the project gives an object that is not of the ORM.

    True for classes, which by convention begin with a capital letter, of the libraries above.
    """
    name = dotted.rpartition(".")[2]
    return dotted in _MADE or (name[:1].isupper() and is_foreign(dotted))
