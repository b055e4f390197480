import { realpath } from 'node:fs/promises'
import { basename, join, relative } from 'node:path'
import { parentPort } from 'node:worker_threads'
import { watch, type FSWatcher } from 'chokidar'
import { folderSkipReason, skipReasonInFolder } from '../../recognition/file-names.ts'

export type WatchRequest =
  | { readonly kind: 'watch'; readonly id: string; readonly folder: string }
  | { readonly kind: 'unwatch'; readonly id: string }

/**
 * `ready`: changes are reported from now on; files that arrived while the folder, or a new folder in it, was
 * being listed were not. `changed`: a file was added or written to. `removed`: the folder is gone. `failed`: no
 * more changes of this folder are reported, perhaps because it is gone.
 */
export type WatchMessage =
  | { readonly kind: 'ready'; readonly id: string }
  | { readonly kind: 'removed'; readonly id: string }
  | { readonly kind: 'changed'; readonly id: string; readonly path: string }
  | { readonly kind: 'failed'; readonly id: string; readonly reason: string }

/**
 * chokidar lists a new folder before it watches it and misses files that arrive in between. This long after
 * the last new folder, all folders are watched.
 */
const newFolderDelayMs = 1_000

const watchers = new Map<string, FSWatcher>()
/** The last request for each id. */
const requests = new Map<string, WatchRequest>()
const post = (message: WatchMessage) => parentPort?.postMessage(message)

async function startWatching(request: WatchRequest & { readonly kind: 'watch' }): Promise<void> {
  const { id, folder } = request
  // chokidar doesn't follow links here, not even to the watched folder, so a link's target is watched.
  const real = await realpath(folder).catch(() => folder)
  if (requests.get(id) !== request) return
  const watcher = watch(real, {
    ignoreInitial: true,
    // A link may lead to the whole disk; the folder behind it can be watched itself.
    followSymlinks: false,
    // Saves file handles: only folders and models are watched.
    ignored: (path, stats) => {
      if (path === real || !stats) return false
      const name = basename(path)
      return stats.isDirectory() ? folderSkipReason(name, false) !== null : skipReasonInFolder(name) !== null
    },
  })
  const reportChange = (path: string) =>
    post({ kind: 'changed', id, path: join(folder, relative(real, path)) })
  let readyTimer: NodeJS.Timeout | undefined
  watcher.on('ready', () => post({ kind: 'ready', id }))
  watcher.on('addDir', () => {
    clearTimeout(readyTimer)
    readyTimer = setTimeout(() => post({ kind: 'ready', id }), newFolderDelayMs)
  })
  watcher.on('unlinkDir', (path) => {
    if (path === real) post({ kind: 'removed', id })
  })
  watcher.on('add', reportChange)
  watcher.on('change', reportChange)
  watcher.on('error', (error) => post({ kind: 'failed', id, reason: String(error) }))
  watchers.set(id, watcher)
}

parentPort?.on('message', (request: WatchRequest) => {
  void watchers.get(request.id)?.close()
  watchers.delete(request.id)
  requests.set(request.id, request)
  if (request.kind === 'watch') void startWatching(request)
})
