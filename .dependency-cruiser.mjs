/**
 * Who may import whom. A room may import from itself and from what its row names: `rooms` are patterns of our own files,
 * `packages` are npm packages, `node` says whether Node's own modules are open to it. Everything else fails the check.
 */
const contract = '^electron/contract/'
const models = '^electron/models/'
const transfer = '^electron/transfer/'
const cloud = '^electron/cloud/'
const accounts = '^electron/accounts/'
const library = '^electron/library/'
const finding = '^electron/finding/'
const watching = '^electron/watching/'
const uploads = '^electron/uploads/'
const uploader = '^electron/uploader[.]ts$'
const desktop = '^electron/desktop/'
const engine = [contract, models, transfer, cloud, accounts, library, finding, watching, uploads, uploader]

const table = {
  contract: {
    from: contract,
    rooms: [],
    packages: ['valibot', 'intl-messageformat', 'any-ascii'],
    node: false,
  },
  models: { from: models, rooms: [contract], packages: ['valibot', 'yaml'], node: true },
  transfer: { from: transfer, rooms: [contract], packages: ['valibot', 'socks-proxy-agent'], node: true },
  // Two files of transfer: both reach servers by the same proxies and trust the same authorities.
  cloud: {
    from: cloud,
    rooms: [contract, '^electron/transfer/(system-trust|proxied)[.]ts$'],
    packages: ['valibot'],
    node: true,
  },
  accounts: { from: accounts, rooms: [contract, cloud], packages: ['valibot'], node: true },
  library: { from: library, rooms: [contract, cloud, accounts], packages: ['valibot'], node: true },
  // What is on this computer, and whom of it a team lacks: it knows the library, and no upload.
  finding: {
    from: finding,
    rooms: [contract, models, '^electron/library/'],
    packages: ['valibot'],
    node: true,
  },
  watching: { from: watching, rooms: [contract, models], packages: ['valibot', 'chokidar'], node: true },
  uploads: {
    from: uploads,
    rooms: [contract, models, transfer, cloud, accounts, library, finding, watching],
    packages: ['valibot'],
    node: true,
  },
  uploader: { from: uploader, rooms: engine, packages: ['valibot'], node: true },
  'command-line': {
    from: '^electron/command-line/',
    // Six files of the desktop know nothing of Electron: both keep their secrets, log, clock and settings by the same code.
    rooms: [...engine, '^electron/desktop/(keychain|log|redact|ports|settings|connection-check)[.]ts$'],
    packages: ['valibot', 'proxy-from-env'],
    node: true,
  },
  desktop: {
    from: desktop,
    rooms: [contract, uploader],
    packages: [
      'valibot',
      'electron',
      'electron-store',
      'electron-updater',
      'keytar',
      '@jellybrick/dbus-next',
    ],
    node: true,
  },
  main: {
    from: '^electron/main[.]ts$',
    rooms: [contract, uploader, desktop],
    packages: ['electron'],
    node: true,
  },
  // The installed program is the app, or its command line.
  start: {
    from: '^electron/start[.]ts$',
    rooms: [
      '^electron/desktop/command-words[.]ts$',
      '^electron/main[.]ts$',
      '^electron/command-line/main[.]ts$',
    ],
    packages: ['electron'],
    node: true,
  },
  preload: { from: '^electron/preload[.]ts$', rooms: [contract], packages: ['electron'], node: false },
  page: {
    from: '^renderer/(?!components/)',
    rooms: [contract, '^renderer/'],
    packages: ['svelte', '@lucide/svelte'],
    node: false,
  },
  components: {
    from: '^renderer/components/',
    rooms: [contract, '^renderer/state/', '^renderer/format[.]ts$', '^renderer/styles/'],
    packages: ['svelte', '@lucide/svelte'],
    node: false,
  },
  // The local cloud must not inherit our mistakes: it shares no line with the app that it judges.
  'test-cloud': { from: '^test/cloud/', rooms: [], node: true },
  'electron-host': { from: '^test/electron-host/', rooms: [], packages: [], node: true },
}

const ours = '^(electron|renderer|test|build)/'

/** @returns {object[]} the refusals that hold one row of the table */
function refusalsOf([room, { from, rooms, packages, node }]) {
  const refusals = [
    {
      name: `${room}-rooms`,
      comment: `${room} may import only what its row in .dependency-cruiser.mjs names.`,
      severity: 'error',
      from: { path: from },
      to: { path: ours, pathNot: [from, ...rooms] },
    },
  ]
  // A row without `packages` (the local cloud) may use any package.
  if (packages) {
    refusals.push({
      name: `${room}-packages`,
      comment: `${room} may use these packages only: ${packages.join(', ') || 'none'}.`,
      severity: 'error',
      from: { path: from },
      to: { path: '(^|/)node_modules/', pathNot: packages.map((name) => `(^|/)node_modules/${name}/`) },
    })
  }
  if (!node) {
    refusals.push({
      name: `${room}-node`,
      comment: `${room} runs where Node's modules are not, or must not be.`,
      severity: 'error',
      from: { path: from },
      to: { dependencyTypes: ['core'] },
    })
  }
  return refusals
}

export default {
  forbidden: [
    ...Object.entries(table).flatMap(refusalsOf),
    {
      name: 'command-line-without-electron',
      comment: 'The command line runs where Electron is not: nothing that it loads may lead there.',
      severity: 'error',
      from: { path: '^electron/command-line/' },
      to: { path: '(^|/)node_modules/electron/', reachable: true },
    },
    {
      name: 'queue-knows-no-upload',
      comment: 'queue and upload do not know each other: uploader hands one to the other as a function.',
      severity: 'error',
      from: { path: '^electron/uploads/queue[.]ts$' },
      to: { path: '^electron/uploads/upload[.]ts$' },
    },
    {
      name: 'upload-knows-no-queue',
      comment: 'queue and upload do not know each other: uploader hands one to the other as a function.',
      severity: 'error',
      from: { path: '^electron/uploads/upload[.]ts$' },
      to: { path: '^electron/uploads/queue[.]ts$' },
    },
    {
      name: 'nobody-imports-test',
      comment: 'What ships knows nothing of its tests.',
      severity: 'error',
      from: { pathNot: '^(test/|[^/]*[.]config[.](ts|js)$)' },
      to: { path: '^test/' },
    },
    {
      name: 'no-circles',
      comment: 'An import circle has no bottom; types count too.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'everything-resolves',
      comment: 'An import that leads nowhere also escapes every rule above.',
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
