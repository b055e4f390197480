import { SvelteMap } from 'svelte/reactivity'
import type { Bridge, CallAnswer } from '../../../electron/contract/calls.ts'
import type { PrivateContent } from '../../../electron/contract/recognition.ts'

type ModelDetails = NonNullable<CallAnswer<'modelFacts'>>

/** Small pictures kept at once: what a tall window shows, a few times over. */
const maxIcons = 200
/** Pixels a side: a tile of 32 on a display of twice the density. */
const iconSizePixels = 64

/** What files say of themselves: all of it of the row that is open, a small picture of those that are drawn. */
export class ModelFactsState {
  value = $state.raw<{ readonly id: string; readonly details: ModelDetails } | null>(null)
  readonly #icons = new SvelteMap<string, string>()
  readonly #asked = new Set<string>()
  readonly #bridge: Bridge
  #open: string | null = null

  constructor(bridge: Bridge) {
    this.#bridge = bridge
  }

  /** Asks for all of it; the answer closes it. */
  open(id: string): () => void {
    this.#open = id
    void this.#bridge.modelFacts({ id }).then((answer) => {
      if (this.#open === id && answer.ok && answer.value) this.value = { id, details: answer.value }
    })
    return () => {
      this.#open = null
      this.value = null
    }
  }

  /** The small picture of a row, once it is known. */
  iconOf(id: string): string | undefined {
    return this.#icons.get(id)
  }

  /** Fetches the small picture of a row that is drawn, unless it was asked for before. */
  async loadIcon(id: string): Promise<void> {
    if (this.#asked.has(id)) return
    this.#asked.add(id)
    const answer = await this.#bridge.modelFacts({ id })
    const icon = answer.ok && answer.value?.preview ? await thumbnailOf(answer.value.preview.url) : null
    if (icon === null) return
    const oldest = this.#icons.keys().next().value
    if (this.#icons.size >= maxIcons && oldest !== undefined) {
      this.#icons.delete(oldest)
      this.#asked.delete(oldest)
    }
    this.#icons.set(id, icon)
  }
}

/** The middle of a picture, as large as a row's tile; the whole one may have megabytes. */
async function thumbnailOf(url: string): Promise<string | null> {
  const image = new Image()
  image.src = url
  try {
    await image.decode()
  } catch {
    return null
  }
  const canvas = document.createElement('canvas')
  canvas.width = canvas.height = iconSizePixels
  const side = Math.min(image.naturalWidth, image.naturalHeight)
  const [left, top] = [(image.naturalWidth - side) / 2, (image.naturalHeight - side) / 2]
  canvas.getContext('2d')?.drawImage(image, left, top, side, side, 0, 0, iconSizePixels, iconSizePixels)
  return canvas.toDataURL('image/webp', 0.8)
}

/** Licences that forbid some uses, by the words in their names. */
const strict = /non[-_ ]?commercial|(?<![a-z])nc(?![a-z])|flux[-_. ]?1?[-_ ]?dev|research|gated|proprietary/i

export function isStrictLicence(licence: string): boolean {
  return strict.test(licence)
}

/** The case of `model.private` for what a header holds. */
export const privateCases: Readonly<Record<PrivateContent, string>> = {
  prompt: 'prompt',
  workflow: 'workflow',
  'local-paths': 'paths',
  'training-texts': 'training',
}
