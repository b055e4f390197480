import * as v from 'valibot'

/** A string that is kept across restarts. */
export interface StoredText {
  readonly get: () => string | null
  readonly set: (text: string) => void
}

/** Every dropped workflow searches all of these folders, so the list stays short. */
const maxFolders = 30

const storedFolders = v.pipe(v.string(), v.parseJson(), v.array(v.string()))

/** The folders that the user has dropped, picked or watched, newest first. */
export class RecentFolders {
  readonly #stored: StoredText

  constructor(stored: StoredText) {
    this.#stored = stored
  }

  list(): readonly string[] {
    const parsed = v.safeParse(storedFolders, this.#stored.get())
    return parsed.success ? parsed.output : []
  }

  add(folder: string): void {
    const others = this.list().filter((other) => other !== folder)
    this.#stored.set(JSON.stringify([folder, ...others].slice(0, maxFolders)))
  }
}
