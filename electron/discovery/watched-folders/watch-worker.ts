import { basename } from 'node:path'
import { parentPort } from 'node:worker_threads'
import { watch, type FSWatcher } from 'chokidar'
import { folderSkipReason, skipReasonInFolder } from '../../recognition/file-names.ts'

export type WatchOrder =
  | { readonly is: 'watch'; readonly id: string; readonly folder: string }
  | { readonly is: 'unwatch'; readonly id: string }

/**
 * `ready`: from now on hints come; files that arrived while the folder, or a new folder in it, was being read made none. `hint`:
 * something about this file has changed. `trouble`: no more hints are to be had from this folder.
 */
export type WatchNews =
  | { readonly is: 'ready'; readonly id: string }
  | { readonly is: 'hint'; readonly id: string; readonly path: string }
  | { readonly is: 'trouble'; readonly id: string; readonly why: string }

/**
 * chokidar lists a new folder before it watches it, and a file that arrives in between makes no hint. This long after the last
 * new folder everything is watched.
 */
const newFolderMs = 1_000

const watchers = new Map<string, FSWatcher>()
const tell = (news: WatchNews) => parentPort?.postMessage(news)

function begin(id: string, folder: string): void {
  const watcher = watch(folder, {
    ignoreInitial: true,
    // A link may lead to the whole disk; what it leads to can be watched itself.
    followSymlinks: false,
    // A handle for each folder and each model, and for nothing else that lies there.
    ignored: (path, facts) => {
      if (path === folder || !facts) return false
      const name = basename(path)
      return facts.isDirectory() ? folderSkipReason(name, false) !== null : skipReasonInFolder(name) !== null
    },
  })
  const hint = (path: string) => tell({ is: 'hint', id, path })
  let ready: NodeJS.Timeout | undefined
  watcher.on('ready', () => tell({ is: 'ready', id }))
  watcher.on('addDir', () => {
    clearTimeout(ready)
    ready = setTimeout(() => tell({ is: 'ready', id }), newFolderMs)
  })
  watcher.on('add', hint)
  watcher.on('change', hint)
  watcher.on('error', (error) => tell({ is: 'trouble', id, why: String(error) }))
  watchers.set(id, watcher)
}

parentPort?.on('message', (order: WatchOrder) => {
  void watchers.get(order.id)?.close()
  watchers.delete(order.id)
  if (order.is === 'watch') begin(order.id, order.folder)
})
