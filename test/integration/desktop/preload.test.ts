import { EventEmitter } from 'node:events'
import { join } from 'node:path'
import process from 'node:process'
import { build, type Rolldown } from 'vite'
import { beforeAll, expect, test, vi } from 'vitest'
import { callChannel, calls, eventChannel } from '../../../electron/contract/calls.ts'
import { projectFolder } from '../../support/temp-project.ts'

let code: string

beforeAll(async () => {
  const built = await build({
    configFile: false,
    publicDir: false,
    logLevel: 'error',
    root: projectFolder,
    ssr: { noExternal: true },
    build: {
      ssr: true,
      write: false,
      minify: false,
      target: 'node24',
      rolldownOptions: {
        input: join(projectFolder, 'electron/preload.ts'),
        external: [/^node:/, 'electron'],
        output: { format: 'cjs' },
      },
    },
  })
  const [chunk] = (built as Rolldown.RolldownOutput).output
  code = chunk.code
})

type Call = (args?: unknown) => Promise<unknown>
type Api = Readonly<Record<string, Call>> & {
  readonly on: (name: unknown, listener: unknown) => () => void
}

/** The preload as it is built, on members of Electron that are only there in a page. */
function setup() {
  const messages = new EventEmitter()
  const invoke = vi.fn(async (_channel: string, _args: unknown) => 'an answer')
  const exposed: [string, Api][] = []
  const electron = {
    contextBridge: { exposeInMainWorld: (name: string, api: Api) => void exposed.push([name, api]) },
    ipcRenderer: Object.assign(messages, { invoke }),
    webUtils: {
      getPathForFile(file: { readonly path?: string }) {
        if (file.path === undefined) throw new TypeError('no file')
        return file.path
      },
    },
  }
  const load = (name: string) => (name === 'electron' ? electron : process.getBuiltinModule(name))
  // A module of CommonJS.
  new Function('require', 'exports', 'module', code)(load, {}, { exports: {} })
  const [[name, api]] = exposed as [[string, Api]]
  return { name, api, messages, invoke }
}

test('offers every call of the contract, and events', async () => {
  const { name, api, invoke } = setup()
  expect(name).toBe('modelferry')
  expect(Object.keys(api).sort()).toEqual([...Object.keys(calls), 'on'].sort())
  expect(await api['pauseAll']?.()).toBe('an answer')
  await api['removeServer']?.({ address: 'https://a.example' })
  expect(invoke.mock.calls).toEqual([
    [callChannel('pauseAll'), undefined],
    [callChannel('removeServer'), { address: 'https://a.example' }],
  ])
})

test.each<[unknown, unknown]>([
  [{ files: [{ path: '/a' }, { path: '/b' }] }, { paths: ['/a', '/b'] }],
  [
    { files: [{ path: '/a' }], team: 'one' },
    { paths: ['/a'], team: 'one' },
  ],
  [{ files: [{ name: 'made by a script' }] }, { paths: [''] }],
  [{ files: 'all', paths: ['/secret'] }, { paths: [] }],
  [null, { paths: [] }],
  [undefined, { paths: [] }],
])('%j names only paths of files that the user has picked', async (args, sent) => {
  const { api, invoke } = setup()
  await api['addFiles']?.(args)
  expect(invoke.mock.calls).toEqual([[callChannel('addFiles'), sent]])
})

test('a listener gets the values of its event until it unsubscribes', () => {
  const { api, messages } = setup()
  const listener = vi.fn()
  const unsubscribe = api.on('patch', listener)
  messages.emit(eventChannel('patch'), { sender: 'secret' }, 'one')
  messages.emit(eventChannel('flow'), {}, 'other')
  unsubscribe()
  messages.emit(eventChannel('patch'), {}, 'two')
  expect(listener.mock.calls).toEqual([['one']])
})

test.each<[unknown, unknown]>([
  ['no-event', () => {}],
  ['patch', 'no function'],
])('no listener is added for %j and %j', (name, listener) => {
  const { api, messages } = setup()
  expect(() => api.on(name, listener)).toThrow(TypeError)
  expect(messages.eventNames()).toEqual([])
})
