import * as v from 'valibot'

/** One text that outlives the app. */
export interface KeptText {
  readonly get: () => string | null
  readonly set: (text: string) => void
}

/** Folders are looked through whenever a workflow is dropped: the newest of them are enough. */
const mostFolders = 30

const foldersText = v.pipe(v.string(), v.parseJson(), v.array(v.string()))

/** The folders that the person has dropped or watched, newest first. */
export function createKnownFolders(kept: KeptText): {
  readonly list: () => readonly string[]
  readonly add: (folder: string) => void
} {
  const list = (): readonly string[] => {
    const parsed = v.safeParse(foldersText, kept.get())
    return parsed.success ? parsed.output : []
  }
  return {
    list,
    add(folder) {
      const others = list().filter((one) => one !== folder)
      kept.set(JSON.stringify([folder, ...others].slice(0, mostFolders)))
    },
  }
}
