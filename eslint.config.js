import svelte from 'eslint-plugin-svelte'
import { defineConfig, includeIgnoreFile } from 'eslint/config'
import globals from 'globals'
import { resolve } from 'node:path'
import ts from 'typescript-eslint'
import {
  contractTypesOnly,
  noBridge,
  noDefaultExport,
  noElectron,
  noElectronAtRunTime,
  noEngineInPage,
  noHttp,
  noIpcMain,
  noIpcRenderer,
  noNodeInPage,
  noOpenExternal,
  noRawOpen,
  noSend,
  restrict,
} from './build/lint/restrictions.js'

// Rules that need types are in .oxlintrc.json: oxlint checks them with the native compiler, in a fifth of the
// CPU time. It can't check Svelte's templates or restricted syntax.
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
const always = {
  ...core,
  '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'separate-type-imports' }],
  '@typescript-eslint/no-explicit-any': 'error',
  '@typescript-eslint/no-unused-vars': [
    'error',
    { argsIgnorePattern: '^_', varsIgnorePattern: '^_', caughtErrorsIgnorePattern: '^_' },
  ],
  'max-lines': ['error', { max: 500, skipBlankLines: true, skipComments: true }],
  'max-params': ['error', { max: 4 }],
  'no-nested-ternary': 'error',
}

const configFiles = ['*.config.ts', '*.config.js', '.*.mjs']
const desktop = ['electron/desktop/**/*.ts', 'electron/main.ts', 'electron/start.ts']

export default defineConfig(
  // A file that isn't checked in can disappear while it is checked, for example the build's.
  includeIgnoreFile(resolve(import.meta.dirname, '.gitignore')),
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  {
    files: ['**/*.ts'],
    extends: [ts.configs.recommended],
    rules: always,
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
      'prefer-const': 'off', // props are destructured with `let`, and state is reassigned
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
    rules: {
      complexity: ['error', { max: 15 }],
      'max-lines-per-function': ['error', { max: 100, skipBlankLines: true, skipComments: true }],
    },
  },
  {
    name: 'composition root: one readable sequence, however long',
    files: ['electron/engine/engine.ts'],
    rules: { 'max-lines': 'off', 'max-lines-per-function': 'off' },
  },
  {
    name: 'engine: no electron, no network, no raw opening of files',
    files: ['electron/**/*.ts', 'electron/**/*.js'],
    rules: restrict({ selectors: noElectronAtRunTime, modules: [noElectron, noHttp, noRawOpen] }),
  },
  {
    name: 'engine: the wrapper of open, and readers of the app’s own files',
    files: [
      'electron/platform/files/regular-file.ts',
      'electron/platform/files/data-folder.ts',
      'electron/platform/threads/worker-file.ts',
      'electron/platform/files/traces.ts',
      'electron/journal/log-flush.ts',
      'electron/journal/sealing/damaged-journals.ts',
      'electron/cli/cli-environment.ts',
    ],
    rules: restrict({ selectors: noElectronAtRunTime, modules: [noElectron, noHttp] }),
  },
  {
    name: 'engine: the folders that use the network',
    files: [
      'electron/cloud/**/*.ts',
      'electron/transfer/**/*.ts',
      'electron/platform/network/proxied-request.ts',
    ],
    rules: restrict({ selectors: noElectronAtRunTime, modules: [noElectron, noRawOpen], network: true }),
  },
  {
    name: 'command line: its output is the console',
    files: ['electron/cli/**'],
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
    files: ['electron/desktop/ipc.ts'],
    rules: restrict({ selectors: [...noIpcRenderer, ...noOpenExternal], modules: [noHttp] }),
  },
  {
    name: 'desktop: the wrapper of openExternal',
    files: ['electron/desktop/security/open-external.ts'],
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
    files: ['renderer/*/**/*.svelte'],
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
