import { SvelteMap } from 'svelte/reactivity'
import type { Failure } from '../../../electron/contract/failures.ts'
import type { Bridge, CallAnswer } from '../../../electron/contract/calls.ts'
import { isRestrictive } from '../../../electron/contract/licences.ts'
import type { PrivateContent } from '../../../electron/contract/recognition.ts'

type ModelDetails = NonNullable<CallAnswer<'modelFacts'>>

/** Maximum number of cached icons: several screens of rows. */
const maxIcons = 200
/** Icon size: 32 CSS pixels at a device pixel ratio of 2. */
const iconSizePixels = 64

/** Metadata of the open row's file, and preview icons of rendered rows. */
export class ModelFactsState {
  value = $state.raw<{ readonly id: string; readonly details: ModelDetails } | null>(null)
  readonly isLicenceRestrictive = $derived(isRestrictive(this.value?.details.facts.licence ?? ''))
  /** Why the metadata of the open row could not be read, or null. */
  failure = $state.raw<Failure | null>(null)
  readonly #icons = new SvelteMap<string, string>()
  readonly #asked = new Set<string>()
  readonly #bridge: Bridge
  #open: string | null = null

  constructor(bridge: Bridge) {
    this.#bridge = bridge
  }

  /** Loads the metadata of a row. Returns a function that clears it. */
  open(id: string): () => void {
    this.#open = id
    void this.load(id)
    return () => {
      this.#open = null
      this.value = null
      this.failure = null
    }
  }

  async load(id: string): Promise<void> {
    const result = await this.#bridge.modelFacts({ id })
    if (this.#open !== id) return
    this.failure = result.ok ? null : result.failure
    if (result.ok && result.value) this.value = { id, details: result.value }
  }

  /** The preview icon of a row, once loaded. */
  iconOf(id: string): string | undefined {
    return this.#icons.get(id)
  }

  /** Loads the preview icon of a row, once. */
  async loadIcon(id: string): Promise<void> {
    if (this.#asked.has(id)) return
    this.#asked.add(id)
    const result = await this.#bridge.modelFacts({ id })
    const icon = result.ok && result.value?.preview ? await thumbnailOf(result.value.preview.url) : null
    if (icon === null) return
    const oldest = this.#icons.keys().next().value
    if (this.#icons.size >= maxIcons && oldest !== undefined) {
      this.#icons.delete(oldest)
      this.#asked.delete(oldest)
    }
    this.#icons.set(id, icon)
  }
}

/** Crops a preview image to a square icon; the original may have megabytes. */
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

/** Values of the `what` parameter of `model.private`. */
export const privateCases: Readonly<Record<PrivateContent, string>> = {
  prompt: 'prompt',
  workflow: 'workflow',
  'local-paths': 'paths',
  'training-texts': 'training',
}
