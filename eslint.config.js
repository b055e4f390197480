import svelte from 'eslint-plugin-svelte'
import { defineConfig, includeIgnoreFile } from 'eslint/config'
import globals from 'globals'
import { resolve } from 'node:path'
import ts from 'typescript-eslint'
import {
  contractTypesOnly,
  noBridge,
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

// oxlint checks everything that it can, in a fraction of the CPU time (.oxlintrc.json). It doesn't see Svelte's
// templates, and can't restrict syntax. `npm run types` uses TypeScript 7, the native compiler, by its path; the
// package `typescript` stays at 6 for typescript-eslint, svelte-check and our tests, which import it.

/** What oxlint checks elsewhere. */
const inTemplates = {
  'array-callback-return': 'error',
  eqeqeq: ['error', 'always'],
  'no-console': 'error',
  'no-constant-binary-expression': 'error',
  'no-control-regex': 'error',
  'no-debugger': 'error',
  'no-empty': 'error',
  'no-implicit-coercion': ['error', { boolean: false }],
  'no-irregular-whitespace': 'error',
  'no-loss-of-precision': 'error',
  'no-nested-ternary': 'error',
  'no-self-compare': 'error',
  'object-shorthand': 'error',
  'max-lines': ['error', { max: 500, skipBlankLines: true, skipComments: true }],
  'max-params': ['error', { max: 4 }],
  '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'separate-type-imports' }],
  '@typescript-eslint/no-explicit-any': 'error',
  '@typescript-eslint/no-unused-vars': [
    'error',
    { argsIgnorePattern: '^_', varsIgnorePattern: '^_', caughtErrorsIgnorePattern: '^_' },
  ],
}

const desktop = ['electron/desktop/**/*.ts', 'electron/main.ts', 'electron/start.ts']

export default defineConfig(
  // A file that isn't checked in can disappear while it is checked, for example the build's.
  includeIgnoreFile(resolve(import.meta.dirname, '.gitignore')),
  { linterOptions: { reportUnusedDisableDirectives: 'error' }, plugins: { '@typescript-eslint': ts.plugin } },
  { files: ['**/*.ts'], languageOptions: { parser: ts.parser } },
  {
    files: ['**/*.svelte'],
    extends: [svelte.configs.recommended],
    languageOptions: {
      globals: globals.browser,
      parserOptions: { parser: ts.parser, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      ...inTemplates,
      'svelte/block-lang': ['error', { script: 'ts' }],
      'svelte/button-has-type': 'error',
      'svelte/no-at-html-tags': 'error',
      'svelte/no-inline-styles': ['error', { allowTransitions: true }],
      'svelte/no-target-blank': 'error',
      'svelte/require-each-key': 'error',
    },
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
      'electron/cli/standard-input.ts',
      'electron/platform/files/data-folder.ts',
      'electron/platform/threads/worker-file.ts',
      'electron/platform/files/erase-traces.ts',
      'electron/journal/log-flush.ts',
      'electron/journal/boot.ts',
      'electron/discovery/scan/mounts.ts',
      'electron/journal/sealing/damaged-journals.ts',
      'electron/cli/cli-environment.ts',
      'electron/host/host-file.ts',
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
)
