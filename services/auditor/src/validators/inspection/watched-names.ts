/** Names of a language by what a product could do with them, in the spelling of `Use.name`. */
export interface WatchedNames {
  /** Who started the process, what else is loaded, who watches: nothing that a requirement is about. */
  readonly observers: RegExp;
  /** The loaded modules and the arguments of the process: suspicious beside the name of a test runner. */
  readonly surroundings: RegExp;
  /** Look for a file or folder, or say where the process is. */
  readonly lookouts: RegExp;
  /** Environment variables as a whole; a name may follow. */
  readonly environment: RegExp;
  readonly exits: RegExp;
  /** Parts of the language and its libraries that answers go through; a product that replaces them can forge answers. */
  readonly patched: RegExp;
  /** Calls that do the same. */
  readonly patching: RegExp;
  /** Where output and uncaught errors go; honest programs replace it when they are started, never when they are imported. */
  readonly outputs: RegExp;
  /** Modules and functions that reach a network. */
  readonly network: RegExp;
  /** The number of seconds or milliseconds since 1970. */
  readonly epoch: RegExp;
  /** What hour, day and year it is. */
  readonly calendar: RegExp;
  /** Whether a person types, or looks on. */
  readonly typing: RegExp;
  readonly watching: RegExp;
  /** Chance. */
  readonly chance: RegExp;
  /** Number and age of the process itself. */
  readonly ownFacts: RegExp;
}

const PYTHON: WatchedNames = {
  observers:
    /^(?:os\.getppid|sys\.(?:dont_write_bytecode|orig_argv|gettrace|settrace|getprofile|setprofile|_getframe|_current_frames|monitoring)|inspect\.(?:stack|currentframe|getouterframes|trace)|traceback\.(?:extract_stack|walk_stack|format_stack)|sys\.modules\.__main__|__main__|builtins\.__import__\.__main__)(?:\.|$)/,
  surroundings: /^sys\.(?:modules|argv)(?:\.|$)/,
  lookouts:
    /^(?:os\.(?:getcwd|stat|lstat|access|listdir|scandir|walk|path\.(?:exists|lexists|isdir|isfile|islink|ismount))|pathlib\.(?:Path|PosixPath)(?:\.cwd)?|glob\.\w+)$/,
  environment: /^os\.(?:environb?|getenvb?)(?:\.(?:get|__getitem__|pop))?(?:\.([A-Za-z_]\w*))?$/,
  exits: /^(?:builtins\.(?:exit|quit|SystemExit)|sys\.exit|os\.(?:_exit|abort|kill|killpg))$/,
  patched:
    /^(?:builtins\.(?!_$)[\w.]+|json\.(?:dumps?|loads?|JSON\w+)|sys\.(?:exit|stdout\.\w+|__stdout__|displayhook|breakpointhook|meta_path|path_hooks|modules\.(?!__name__)\w+)|(?:io|unittest|importlib|subprocess|time|decimal|random|datetime|math|operator|traceback)\.\w+|os\.(?:_exit|write|getenv|getcwd|environ|dup2?))$/,
  patching:
    /^sys\.(?:meta_path|path_hooks)\.(?:insert|append|extend)$|^builtins\.__builtins__\.(?:update|__setitem__)$|^ctypes\.pythonapi/,
  outputs: /^sys\.(?:stdout|stderr|excepthook|unraisablehook)$/,
  network:
    /^(?:socket|ssl|socketserver|requests|urllib3|httpx|aiohttp|ftplib|smtplib|poplib|imaplib|telnetlib|nntplib|http\.(?:client|server)|urllib\.request|xmlrpc\.(?:client|server))(?:\.|$)/,
  epoch: /^time\.(?:time|time_ns)(?:\(\))?$/,
  calendar: /^(?:time\.(?:gmtime|localtime)|datetime\.(?:datetime\.(?:now|utcnow|today)|date\.today))(?:\(\)|\.|$)/,
  typing: /\bstdin(?:__)?\.isatty$/,
  watching: /(?:^os|\bstd(?:out|err)(?:__)?)\.isatty$/,
  chance: /^(?:random\.(?:random|randint|randrange|getrandbits|uniform|choice)|secrets\.rand\w+|os\.urandom)(?:\(\))?$/,
  ownFacts: /^(?:os\.getpid|time\.(?:monotonic|perf_counter|process_time)(?:_ns)?)(?:\(\))?$/,
};

const TYPESCRIPT: WatchedNames = {
  observers:
    /^(?:process\.(?:ppid|execArgv|_eval|binding|mainModule)|Error\(\)\.stack|Error\.prepareStackTrace|inspector|v8\.setFlagsFromString|util\.getCallSites?)(?:[./]|$)/,
  surroundings: /^(?:process\.(?:argv0?|title)|require\.cache|module\.parent)(?:\.|$)/,
  lookouts:
    /^(?:process\.cwd|fs(?:\/promises)?\.(?:promises\.)?(?:existsSync|exists|stat|statSync|lstat|lstatSync|access|accessSync|readdir|readdirSync))$/,
  environment: /^process\.env(?:\.([A-Za-z_]\w*))?$/,
  exits: /^process\.(?:exit|reallyExit|abort|kill)$/,
  patched:
    /^(?:JSON(?:\.\w+)?|(?:Math|Object|Array|String|Number|Reflect|Date|Promise|Function)(?:\.(?!prototype$)\w+)?|(?:Object|Array|String|Number|Boolean|Function|Promise)\.prototype\.\w+|process\.(?:exit|reallyExit|emit|binding|stdout(?:\.\w+)?|stderr\.\w+)|(?:fs|os|http|assert|util|path|child_process|vm|timers|crypto)\.\w+)$/,
  patching: /^module\.(?:register|registerHooks|syncBuiltinESMExports)$|^module\._\w+/,
  outputs: /^console\.\w+$/,
  network: /^(?:net|dgram|dns|tls|https?|http2|undici|axios|node-fetch|ws|fetch|WebSocket|XMLHttpRequest)(?:[./]|$)/,
  epoch: /^Date\.now(?:\(\))?$/,
  calendar: /^Date(?:\(\)(?:\..*)?)?$/,
  typing: /\bstdin\.isTTY$/,
  watching: /\bstd(?:out|err)\.isTTY$|^tty\.isatty$/,
  chance: /^(?:Math\.random|crypto\.random\w+)(?:\(\))?$/,
  ownFacts: /^(?:process\.(?:pid|uptime|hrtime)|performance\.now|os\.uptime)(?:\(\))?$/,
};

export function watchedNames(toolchain: string): WatchedNames {
  return toolchain === "typescript" ? TYPESCRIPT : PYTHON;
}
