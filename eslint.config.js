import svelte from 'eslint-plugin-svelte'
import { defineConfig, globalIgnores } from 'eslint/config'
import globals from 'globals'
import ts from 'typescript-eslint'

// ESLint keeps only the last setting of a rule that matches a file, so each world's list is put together here.

const useIpc =
  'Raw IPC goes through electron/desktop/ipc.ts alone, which checks the sender and the arguments.'
const useFeed = 'What the page is told goes out through electron/desktop/ipc.ts (or feed-*.ts) alone.'
const usePreload = 'ipcRenderer lives in electron/preload.ts alone; the page calls window.modelferry.'
const useOpenExternal =
  'Links leave through electron/desktop/open-external.ts alone, which checks where they lead.'
const useDesktop =
  'Electron is touched in electron/desktop/, main.ts and preload.ts alone; take a port instead.'
const useTransport = 'Bytes and API calls leave through electron/cloud/ and electron/transfer/ alone.'
const useNamed = 'Named exports only, so that a thing has one name everywhere.'

const noDefaultExport = [
  { selector: 'ExportDefaultDeclaration', message: useNamed },
  { selector: "ExportSpecifier[exported.name='default']", message: useNamed },
]
const noElectronAtRunTime = [
  { selector: 'ImportExpression[source.value=/^electron(\\u002F|-store|$)/]', message: useDesktop },
  { selector: "CallExpression[callee.name='require'][arguments.0.value=/^electron/]", message: useDesktop },
]
const noIpcMain = [
  { selector: "ImportSpecifier[imported.name='ipcMain']", message: useIpc },
  { selector: "MemberExpression[property.name='ipcMain']", message: useIpc },
]
const noSend = [
  { selector: 'CallExpression[callee.property.name=/^(send|sendToFrame|postMessage)$/]', message: useFeed },
]
const noIpcRenderer = [
  { selector: "ImportSpecifier[imported.name='ipcRenderer']", message: usePreload },
  { selector: "MemberExpression[property.name='ipcRenderer']", message: usePreload },
]
const noOpenExternal = [
  { selector: "MemberExpression[property.name='openExternal']", message: useOpenExternal },
  { selector: "Property[key.name='openExternal']", message: useOpenExternal },
]

const electronModules = ['electron', 'electron/*', 'electron-store']
const noElectron = { group: electronModules, message: useDesktop }
const noHttp = {
  group: ['http', 'https', 'http2', 'node:http', 'node:https', 'node:http2', 'undici'],
  message: useTransport,
  allowTypeImports: true,
}
// A folder of electron/ other than contract/, seen from any depth of renderer/.
const noEngineInPage = {
  regex: '(^|/)electron/(?!contract/)',
  message: 'The page knows the contract only: call window.modelferry through renderer/bridge.ts.',
}
const noNodeInPage = {
  group: ['node:*'],
  message: 'The page has no Node: ask the main process through the contract.',
}
const noTests = { regex: '(^|/)test/', message: 'Nobody imports from test/.' }
const noBridge = {
  regex: '(^|/)bridge(\\.ts)?$',
  message: 'Components show what state hands them; only state/ and App.svelte speak to the bridge.',
}
const contractTypesOnly = {
  regex: '(^|/)electron/contract/',
  message: 'Components take types from the contract; what computes belongs into state/ or format.ts.',
  allowTypeImports: true,
}

const noNetworkGlobals = ['fetch', 'XMLHttpRequest', 'WebSocket', 'EventSource'].map((name) => ({
  name,
  message: useTransport,
}))
const noNetworkProperties = ['globalThis', 'window', 'self'].map((object) => ({
  object,
  property: 'fetch',
  message: useTransport,
}))

/** One world's restrictions: syntax that is refused, modules that are refused, and whether the network is. */
function restrict({ selectors, modules, network = false }) {
  return {
    'no-restricted-syntax': ['error', ...noDefaultExport, ...selectors],
    '@typescript-eslint/no-restricted-imports': ['error', { patterns: [noTests, ...modules] }],
    'no-restricted-globals': network ? 'off' : ['error', ...noNetworkGlobals],
    'no-restricted-properties': network ? 'off' : ['error', ...noNetworkProperties],
  }
}

const core = {
  'array-callback-return': 'error',
  eqeqeq: ['error', 'always'],
  'no-console': 'error',
  'no-constant-binary-expression': 'error',
  'no-control-regex': 'error',
  'no-debugger': 'error',
  'no-empty': 'error',
  'no-fallthrough': 'error',
  'no-implicit-coercion': ['error', { boolean: false }],
  'no-irregular-whitespace': 'error',
  'no-loss-of-precision': 'error',
  'no-self-compare': 'error',
  'no-unmodified-loop-condition': 'error',
  'no-unsafe-finally': 'error',
  'no-useless-catch': 'error',
  'no-useless-rename': 'error',
  'no-var': 'error',
  'object-shorthand': 'error',
  'prefer-const': 'error',
}
const typed = {
  '@typescript-eslint/await-thenable': 'error',
  '@typescript-eslint/no-floating-promises': 'error',
  '@typescript-eslint/no-for-in-array': 'error',
  '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { attributes: false } }],
  '@typescript-eslint/only-throw-error': 'error',
  '@typescript-eslint/return-await': ['error', 'error-handling-correctness-only'],
  '@typescript-eslint/switch-exhaustiveness-check': [
    'error',
    { considerDefaultExhaustiveForUnions: true, requireDefaultForNonUnion: false },
  ],
}
const always = {
  ...core,
  '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'separate-type-imports' }],
  '@typescript-eslint/no-explicit-any': 'error',
  '@typescript-eslint/no-unused-vars': [
    'error',
    { argsIgnorePattern: '^_', varsIgnorePattern: '^_', caughtErrorsIgnorePattern: '^_' },
  ],
  'max-lines': ['error', { max: 250 }],
}
const functionLength = ['error', { max: 50, skipBlankLines: true, skipComments: true }]

const configFiles = ['*.config.ts', '*.config.js', '.*.mjs']
const desktop = ['electron/desktop/**/*.ts', 'electron/main.ts']

export default defineConfig(
  globalIgnores(['out/', 'dist/', 'test-results/', 'playwright-report/', '.local-cloud/', '**/.svelte-kit/']),
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  {
    files: ['**/*.ts'],
    extends: [ts.configs.recommended],
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: { ...always, ...typed },
  },
  {
    files: ['**/*.js', '**/*.mjs'],
    extends: [ts.configs.recommended],
    languageOptions: { globals: globals.node },
    rules: always,
  },
  {
    files: ['**/*.svelte'],
    extends: [svelte.configs.recommended],
    languageOptions: {
      globals: globals.browser,
      parserOptions: { parser: ts.parser, tsconfigRootDir: import.meta.dirname },
    },
    plugins: { '@typescript-eslint': ts.plugin },
    rules: {
      ...always,
      'prefer-const': 'off', // props are destructured with `let`, and state is assigned to
      'max-lines': ['error', { max: 150 }],
      'svelte/block-lang': ['error', { script: 'ts' }],
      'svelte/button-has-type': 'error',
      'svelte/no-at-html-tags': 'error',
      'svelte/no-inline-styles': ['error', { allowTransitions: true }],
      'svelte/no-target-blank': 'error',
      'svelte/require-each-key': 'error',
    },
  },
  {
    files: ['**/*.svelte.ts'],
    languageOptions: { parser: ts.parser, globals: globals.browser },
  },
  {
    files: ['electron/**/*.ts', 'renderer/**/*.ts', 'electron/**/*.js'],
    rules: { 'max-lines-per-function': functionLength },
  },
  {
    name: 'engine: no electron, no network',
    files: ['electron/**/*.ts', 'electron/**/*.js'],
    rules: restrict({ selectors: noElectronAtRunTime, modules: [noElectron, noHttp] }),
  },
  {
    name: 'engine: the two rooms that speak to the network',
    files: ['electron/cloud/**/*.ts', 'electron/transfer/**/*.ts'],
    rules: restrict({ selectors: noElectronAtRunTime, modules: [noElectron], network: true }),
  },
  {
    name: 'command line: its output is the console',
    files: ['electron/command-line/**'],
    rules: { 'no-console': 'off' },
  },
  {
    name: 'desktop',
    files: desktop,
    rules: restrict({
      selectors: [...noIpcMain, ...noIpcRenderer, ...noSend, ...noOpenExternal],
      modules: [noHttp],
    }),
  },
  {
    name: 'desktop: the wrapper of IPC',
    files: ['electron/desktop/ipc.ts', 'electron/desktop/feed-*.ts'],
    rules: restrict({ selectors: [...noIpcRenderer, ...noOpenExternal], modules: [noHttp] }),
  },
  {
    name: 'desktop: the wrapper of openExternal',
    files: ['electron/desktop/open-external.ts'],
    rules: restrict({ selectors: [...noIpcMain, ...noIpcRenderer, ...noSend], modules: [noHttp] }),
  },
  {
    name: 'preload',
    files: ['electron/preload.ts'],
    rules: restrict({ selectors: [...noIpcMain, ...noOpenExternal], modules: [noHttp] }),
  },
  {
    name: 'page',
    files: ['renderer/**/*.ts', 'renderer/**/*.svelte'],
    rules: restrict({
      selectors: noElectronAtRunTime,
      modules: [noElectron, noNodeInPage, noEngineInPage],
    }),
  },
  {
    name: 'page: components',
    files: ['renderer/components/**/*.ts', 'renderer/components/**/*.svelte'],
    rules: restrict({
      selectors: noElectronAtRunTime,
      modules: [noElectron, noNodeInPage, noEngineInPage, noBridge, contractTypesOnly],
    }),
  },
  {
    name: 'tests and tools',
    files: ['test/**', 'build/**'],
    rules: {
      'no-restricted-syntax': ['error', ...noDefaultExport],
      'no-console': 'off',
    },
  },
  {
    name: 'configuration: its readers ask for default exports',
    files: configFiles,
    rules: { 'no-restricted-syntax': 'off' },
  },
)
