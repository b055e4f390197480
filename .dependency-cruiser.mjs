/**
 * Import rules. A folder may import from itself and from what its row lists: `folders` are folders of
 * electron/ or patterns of the project's files, `packages` are npm packages, and `node` allows Node's
 * built-in modules. All other imports are errors.
 */
const engineParts = [
  'contract',
  'platform',
  'recognition',
  'transfer',
  'cloud',
  'accounts',
  'library',
  'journal',
  'discovery',
  'conflicts',
  'uploads',
  'queue',
  'feed',
  'intake',
]

const table = {
  contract: { folders: [], packages: ['valibot', 'any-ascii'], node: false },
  messages: { folders: ['contract'], packages: ['intl-messageformat'], node: false },
  platform: {
    folders: ['contract'],
    packages: ['valibot', 'socks-proxy-agent', 'keytar', '@jellybrick/dbus-next'],
    node: true,
  },
  recognition: { folders: ['contract', 'platform'], packages: ['valibot'], node: true },
  transfer: { folders: ['contract', 'platform'], packages: ['valibot'], node: true },
  cloud: { folders: ['contract', 'platform'], packages: ['valibot'], node: true },
  accounts: { folders: ['contract', 'platform', 'cloud'], packages: ['valibot'], node: true },
  library: { folders: ['contract', 'platform', 'cloud', 'accounts'], packages: ['valibot'], node: true },
  journal: {
    folders: ['contract', 'platform', '^electron/recognition/found-file[.]ts$'],
    packages: ['valibot'],
    node: true,
  },
  discovery: {
    folders: ['contract', 'platform', 'recognition', 'library'],
    packages: ['valibot', 'yaml', 'chokidar'],
    node: true,
  },
  conflicts: {
    folders: ['contract', 'platform', 'journal', 'library', 'recognition', 'transfer'],
    packages: ['valibot'],
    node: true,
  },
  uploads: {
    folders: ['contract', 'platform', 'journal', 'transfer', 'cloud', 'accounts', 'conflicts'],
    packages: ['valibot'],
    node: true,
  },
  queue: { folders: ['contract', 'platform', 'journal'], packages: ['valibot'], node: true },
  feed: {
    folders: ['contract', 'platform', 'journal', 'library', 'recognition'],
    packages: ['valibot'],
    node: true,
  },
  intake: {
    folders: [
      'contract',
      'platform',
      'discovery',
      'recognition',
      'conflicts',
      'accounts',
      'journal',
      'queue',
    ],
    packages: ['valibot'],
    node: true,
  },
  engine: { folders: [...engineParts, '^electron/host/host-lock[.]ts$'], packages: ['valibot'], node: true },
  host: { folders: ['contract', 'platform'], packages: ['valibot'], node: true },
  cli: {
    folders: [...engineParts, 'messages', 'engine', 'host'],
    packages: ['valibot', 'proxy-from-env'],
    node: true,
  },
  desktop: {
    folders: ['contract', 'messages', 'platform', 'host', '^electron/engine/engine[.]ts$'],
    packages: ['valibot', 'electron', 'electron-store', 'electron-updater'],
    node: true,
  },
  main: {
    from: '^electron/main[.]ts$',
    folders: ['contract', 'platform', 'desktop', 'host', '^electron/engine/engine[.]ts$'],
    packages: ['electron'],
    node: true,
  },
  // Entry point of the packaged program: the app or its command line.
  start: {
    from: '^electron/start[.]ts$',
    folders: [
      '^electron/desktop/integration/(cli-arguments|serve-finder)[.]ts$',
      '^electron/desktop/security/forbidden-switches[.]ts$',
      '^electron/desktop/diagnostics/start-failure[.]ts$',
      '^electron/main[.]ts$',
      '^electron/cli/main[.]ts$',
    ],
    packages: ['electron'],
    node: true,
  },
  preload: { from: '^electron/preload[.]ts$', folders: ['contract'], packages: ['electron'], node: false },
  page: {
    from: '^renderer/(?!.+/.+[.]svelte$)',
    folders: ['contract', 'messages', '^renderer/'],
    packages: ['svelte', '@lucide/svelte', 'bits-ui'],
    node: false,
  },
  components: {
    from: '^renderer/.+/.+[.]svelte$',
    folders: ['contract', 'messages', '^renderer/.+/'],
    packages: ['svelte', '@lucide/svelte', 'bits-ui'],
    node: false,
  },
  // The local cloud shares no code with the app, so that an error in the app cannot hide itself in the tests.
  'test-cloud': { from: '^test/cloud/', folders: [], node: true },
  'electron-host': {
    from: '^test/electron-host/',
    folders: [],
    packages: ['ws', '@jellybrick/dbus-next'],
    node: true,
  },
}

/** The files that a row applies to: by default the folder with the row's name. */
const filesOf = (name) => (name.startsWith('^') ? name : `^electron/${name}/`)

const ours = '^(electron|renderer|test|build)/'

/** @returns {object[]} the rules that enforce one row of the table */
function rulesOf([name, { from = filesOf(name), folders, packages, node }]) {
  const rules = [
    {
      name: `${name}-folders`,
      comment: `${name} may import only what its row in .dependency-cruiser.mjs names.`,
      severity: 'error',
      from: { path: from },
      to: { path: ours, pathNot: [from, ...folders.map(filesOf)] },
    },
  ]
  // A row without `packages` may use any package; this applies to the local cloud.
  if (packages) {
    rules.push({
      name: `${name}-packages`,
      comment: `${name} may use these packages only: ${packages.join(', ') || 'none'}.`,
      severity: 'error',
      from: { path: from },
      to: { path: '(^|/)node_modules/', pathNot: packages.map((name) => `(^|/)node_modules/${name}/`) },
    })
  }
  if (!node) {
    rules.push({
      name: `${name}-node`,
      comment: `${name} runs where Node's modules are not, or must not be.`,
      severity: 'error',
      from: { path: from },
      to: { dependencyTypes: ['core'] },
    })
  }
  return rules
}

export default {
  forbidden: [
    ...Object.entries(table).flatMap(rulesOf),
    {
      name: 'cli-without-electron',
      comment: 'The command line also runs without Electron: nothing that it loads may import electron.',
      severity: 'error',
      from: { path: '^electron/cli/' },
      to: { path: '(^|/)node_modules/electron/', reachable: true },
    },
    {
      name: 'no-imports-of-tests',
      comment: 'Shipped code never imports tests.',
      severity: 'error',
      from: { pathNot: '^(test/|[^/]*[.]config[.](ts|js)$)' },
      to: { path: '^test/' },
    },
    {
      name: 'no-cycles',
      comment: 'Import cycles are not allowed; type imports count too.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-unresolved-imports',
      comment: 'An import that does not resolve would escape every rule above.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(out|dist)/' },
    tsPreCompilationDeps: true,
    detectProcessBuiltinModuleCalls: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['svelte', 'import', 'node', 'default'],
      extensions: ['.ts', '.js', '.mjs', '.svelte', '.json'],
    },
  },
}
