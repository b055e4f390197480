import type { Said } from '../../contract/recognition.ts'
import type { Kind } from './kind-result.ts'

/** What a name can tell of a file whose bytes leave it open. */
interface Open {
  /** Which question is open: a case of `note.…`. */
  readonly question: string
  readonly isOpen: (kind: Kind) => boolean
  /** Words in the name, and what they say. */
  readonly answers: readonly (readonly [pattern: RegExp, answer: string])[]
  /** Changes the base, the variant or neither by the answer. */
  readonly apply?: (kind: Kind, answer: string) => Kind
}

const asBase = (kind: Kind, base: string): Kind => ({ ...kind, base })
const isVae = (base: string) => (kind: Kind) => kind.modelType === 'vae' && kind.base === base

/**
 * The same tensors serve several families or stages here: bytes can't tell them apart (ComfyUI and InvokeAI go by the name
 * or ask as well).
 */
const open: readonly Open[] = [
  {
    question: 'vae-sd',
    isOpen: isVae('SD / SDXL'),
    answers: [
      [/sd[-_ ]?xl|(?<![a-z])xl(?![a-z])/, 'SDXL'],
      [/sd[-_ ]?v?1|vae[-_]ft|kl[-_]f8|(?<!\d)84\d{4}/, 'SD1'],
    ],
    apply: asBase,
  },
  {
    question: 'vae-flux',
    isOpen: isVae('Flux.1 / SD3'),
    answers: [
      [/sd[-_ ]?3/, 'SD3'],
      [/flux|^ae(?=\.)/, 'Flux.1'],
    ],
    apply: asBase,
  },
  {
    question: 'vae-wan',
    isOpen: isVae('Wan / Qwen-Image'),
    answers: [
      [/qwen/, 'Qwen-Image'],
      [/wan/, 'Wan'],
    ],
    apply: asBase,
  },
  {
    question: 'noise',
    isOpen: ({ base, variant }) => base === 'Wan' && (variant?.startsWith('2.2 14B') ?? false),
    answers: [
      [/high/, 'high'],
      [/low/, 'low'],
    ],
  },
  {
    question: 'wan',
    isOpen: ({ modelType, base, variant }) =>
      modelType === 'diffusion_models' && base === 'Wan' && variant === '14B T2V',
    answers: [
      [/high/, 'high'],
      [/low/, 'low'],
      [/2[._]1/, 'old'],
    ],
    apply: (kind, answer) => ({ ...kind, variant: answer === 'old' ? '2.1 14B T2V' : '2.2 14B T2V' }),
  },
  {
    question: 'noise',
    isOpen: ({ modelType, base, variant }) =>
      modelType === 'loras' && base === 'Wan' && (variant?.includes('14B') ?? false),
    answers: [
      [/high/, 'high'],
      [/low/, 'low'],
    ],
  },
  {
    question: 'klein',
    isOpen: ({ base, variant }) => base === 'Flux.2' && (variant?.startsWith('Klein') ?? false),
    answers: [
      [/base/, 'base'],
      [/distill/, 'distilled'],
    ],
  },
]

/** What the bytes leave open, and what the name says of it; a name that says nothing leaves it open. */
export function byName(kind: Kind, name: string): { readonly kind: Kind; readonly note: Said | null } {
  const found = open.find(({ isOpen }) => isOpen(kind))
  if (!found) return { kind, note: null }
  const { question, answers, apply } = found
  const lower = name.toLowerCase()
  for (const [pattern, answer] of answers) {
    const hint = pattern.exec(lower)?.[0]
    if (hint === undefined) continue
    const note = { key: 'note.by-name', params: { hint, answer } }
    return { kind: apply ? apply(kind, answer) : kind, note }
  }
  return { kind, note: { key: 'note.open', params: { question } } }
}
