import type { Ecosystem } from "@aura/shared/schemas/dependencies";

const NPM_NAME = /^(?:@[a-z0-9][a-z0-9._~-]*\/)?[a-z0-9][a-z0-9._~-]*$/;
const PYPI_NAME = /^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?$/;
/** Ranges only: no address, no path, no alias, no tag of another source. */
const NPM_RANGE = /^[0-9A-Za-z.^~<>=|*+ -]*$/;
const PYPI_RANGE = /^(?:(?:===?|!=|~=|<=?|>=?)\s*[0-9A-Za-z.*+!-]+\s*(?:,\s*|$))*$/;

/** The one spelling of a name: PyPI takes `Foo.Bar` and `foo_bar` for the same package. */
export function normalName(ecosystem: Ecosystem, name: string): string {
  return ecosystem === "npm" ? name : name.toLowerCase().replace(/[-_.]+/g, "-");
}

/** Why a dependency cannot even be asked for; null: it is written as its ecosystem has it. */
export function spellingProblem(ecosystem: Ecosystem, name: string, version: string): string | null {
  if (!(ecosystem === "npm" ? NPM_NAME : PYPI_NAME).test(name)) return `is no name of a package in ${ecosystem}`;
  if (!(ecosystem === "npm" ? NPM_RANGE : PYPI_RANGE).test(version.trim()))
    return ecosystem === "npm"
      ? `has the version ${JSON.stringify(version)}: a range such as ^4.1.0 is wanted, no address, path or alias`
      : `has the version ${JSON.stringify(version)}: a specifier such as >=2,<3 or ==2.1.0 is wanted`;
  return null;
}

/** `name@range` or `name>=range`, as the package manager takes it. */
export function specifier(ecosystem: Ecosystem, name: string, version: string): string {
  const range = version.trim();
  if (ecosystem === "npm") return range === "" ? name : `${name}@${range}`;
  return `${name}${range}`;
}

/**
 * The well-known package that `name` could be mistaken for: one letter or the order of two differs, or only the
 * separators do. Names that are well known themselves look like nothing else, and short ones like everything.
 */
export function lookalikeOf(ecosystem: Ecosystem, name: string): string | null {
  const known = WELL_KNOWN[ecosystem];
  if (known.has(name) || name.startsWith("@")) return null;
  const bare = name.replace(/[-_.]/g, "");
  for (const other of known) {
    if (other.replace(/[-_.]/g, "") === bare) return other;
    if (other.length >= 5 && isOneEditAway(name, other)) return other;
  }
  return null;
}

/** One letter put in, left out or exchanged, or two neighbours swapped. */
function isOneEditAway(a: string, b: string): boolean {
  const [short, long] = a.length <= b.length ? [a, b] : [b, a];
  if (long.length - short.length > 1) return false;
  let at = 0;
  while (at < short.length && short[at] === long[at]) at += 1;
  if (long.length > short.length) return short.slice(at) === long.slice(at + 1);
  const swapped = short[at] === long[at + 1] && short[at + 1] === long[at];
  return short.slice(at + 1) === long.slice(at + 1) || (swapped && short.slice(at + 2) === long.slice(at + 2));
}

/** Names worth imitating: what very many projects depend on, written down in November 2026. */
const WELL_KNOWN: Readonly<Record<Ecosystem, ReadonlySet<string>>> = {
  npm: words(`
    acorn ajv angular ansi-regex ansi-styles antd apollo-server archiver argon2 argparse async autoprefixer aws-sdk
    axios babel-core babel-eslint babel-loader bcrypt bcryptjs bluebird body-parser bootstrap boxen braces browserify
    buffer bull bullmq busboy bunyan chai chalk chart.js cheerio chokidar classnames cli-table3 clipboard clsx colors color
    color-convert color-name commander compression concurrently config connect consola cookie cookie-parser
    core-js cors cron cross-env cross-spawn crypto-js csrf css-loader csv csv-parse csv-stringify csv-parser d3 dayjs
    debug decimal.js deepmerge dotenv duplexify echarts ejs electron enquirer esbuild escape-html eslint event-stream
    eventemitter3 execa express express-session express-validator fast-check fast-glob fastify fast-json-stringify
    fetch-blob fflate file-type firebase follow-redirects form-data formidable fs-extra gatsby glob graphql gray-matter
    gulp handlebars helmet highlight.js http-proxy http-proxy-middleware husky iconv-lite immer immutable inherits ini
    inquirer ioredis isomorphic-fetch jest joi jose jquery js-cookie js-yaml jsdom json5 jsonwebtoken jsonpath jszip
    kleur knex koa koa-router kysely less linkify-it lint-staged lodash lodash-es lodash.debounce lodash.merge log4js
    lru-cache luxon lusca markdown-it marked mathjs micromatch mime mime-types minimatch minimist mkdirp mobx mocha
    moment moment-timezone mongodb mongoose morgan ms multer mustache mysql mysql2 nanoid nestjs next node-cron
    node-fetch node-forge node-gyp nodemailer nodemon node-sass npm nunjucks nuxt ora p-limit papaparse parse5 passport
    passport-jwt passport-local path-to-regexp pg phantomjs picocolors pino pixi.js playwright pluralize pm2 postcss
    preact prettier prisma progress prompts prop-types protobufjs pug puppeteer qrcode qs ramda react react-dom
    react-redux react-router react-router-dom readable-stream redis redux redux-saga redux-thunk reflect-metadata
    remark rehype request request-promise rimraf rollup rxjs safe-buffer sanitize-html sass sass-loader semver
    sequelize serialize-javascript sharp shelljs shortid simple-git slugify socket.io socket.io-client solid-js
    source-map source-map-support sqlite3 better-sqlite3 stripe strip-ansi styled-components superagent supertest
    svelte swiper tailwindcss tar tedious terser three through2 ts-jest ts-loader ts-node tslib tsx turndown twilio
    type-fest typeorm typescript ua-parser-js uglify-js undici underscore unified urllib util uuid valibot validator
    vite vitest vue vue-router vuex webpack webpack-cli webpack-dev-server winston ws xlsx xml2js xmlbuilder yaml yargs
    yargs-parser yup zod zustand zx left-pad is-odd is-number date-fns luxon html-entities he fast-xml-parser
    change-case camelcase string-width wrap-ansi diff pretty-bytes ip ipaddr.js mime-db bytes on-finished negotiator`),
  pypi: words(`
    aiohttp alembic altair ansible anyio apache-airflow arrow asgiref asyncpg attrs azure-core babel bcrypt
    beautifulsoup4 bleach bokeh boto3 botocore build cachetools celery certifi cffi chardet charset-normalizer click
    cloudpickle colorama coverage cryptography cython dash dask datasets decorator defusedxml distlib django
    django-filter djangorestframework dnspython docker docopt docutils et-xmlfile fastapi filelock flask flask-cors
    flask-login flask-sqlalchemy fonttools fsspec gevent gitpython google-api-core google-auth google-cloud-storage
    graphene greenlet grpcio gunicorn h11 html5lib httplib2 httpx httpcore huggingface-hub humanize hypothesis idna
    imageio importlib-metadata iniconfig invoke ipython isodate isort itsdangerous jedi jinja2 jmespath joblib
    jsonpatch jsonschema jupyter keras kombu langchain lightgbm loguru lxml mako markdown markdown-it-py markdown2 markupsafe
    marshmallow matplotlib mccabe mock more-itertools motor msgpack multidict mypy mysqlclient nbformat networkx nltk
    nose numba numpy oauthlib openai opencv-python openpyxl orjson packaging pandas paramiko parso passlib pathspec
    pendulum pillow pip platformdirs playwright plotly pluggy polars poetry prettytable prompt-toolkit protobuf psutil
    psycopg psycopg2 psycopg2-binary pyarrow pyasn1 pycparser pycryptodome pydantic pydantic-core pygame pygments
    pyjwt pymongo pymysql pynacl pyopenssl pyparsing pyquery pyserial pyspark pytest pytest-asyncio pytest-cov
    python-dateutil python-dotenv python-jose python-multipart pytz pywin32 pyyaml pyzmq qrcode redis regex reportlab
    requests requests-oauthlib rich rsa ruff ruamel.yaml s3transfer scikit-image scikit-learn scipy scrapy seaborn
    selenium sentry-sdk setuptools shapely simplejson six sniffio sortedcontainers soupsieve sphinx sqlalchemy
    sqlparse starlette statsmodels sympy tabulate tenacity tensorflow termcolor tiktoken tokenizers toml tomli torch
    torchvision tornado tox tqdm traitlets transformers twine twisted typer types-requests typing-extensions tzdata
    tzlocal ujson unidecode urllib3 uvicorn uvloop virtualenv watchdog wcwidth websocket-client websockets werkzeug
    wheel wrapt xlrd xlsxwriter xmltodict yarl zipp python-slugify slugify cssselect readability-lxml feedparser
    jsonpickle natsort pluralizer inflect inflection rapidfuzz thefuzz emoji pypdf chevron mistune commonmark`),
};

function words(text: string): ReadonlySet<string> {
  return new Set(text.trim().split(/\s+/));
}
