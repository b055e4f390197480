import { basesOf } from '../../contract/recognition.ts'
import type { MessageReference } from '../../contract/recognition.ts'
import { basesByName } from '../families/known-names.ts'
import type { Kind } from './kind.ts'

/** A question that a file's tensors leave open and its name may answer. */
interface OpenQuestion {
  /** A case of the message `note.open`. */
  readonly question: string
  readonly appliesTo: (kind: Kind) => boolean
  /** Words in the name, and the answer that each gives. */
  readonly answers: readonly (readonly [pattern: RegExp, answer: string])[]
  /** Changes the kind by the answer; absent if the answer is only noted. */
  readonly apply?: (kind: Kind, answer: string) => Kind
}

const withBase = (kind: Kind, base: string): Kind => ({ ...kind, base })

/** The expert of Wan 2.2, with the form that means nothing else first: a name can have `high_quality` too. */
const noiseAnswers: OpenQuestion['answers'] = [
  [/high(?=[-_ ]?noise)/, 'high'],
  [/low(?=[-_ ]?noise)/, 'low'],
]
const noiseWordAnswers: OpenQuestion['answers'] = [
  [/(?<![a-z])high(?![a-z])/, 'high'],
  [/(?<![a-z])low(?![a-z])/, 'low'],
]
const isVae = (base: string) => (kind: Kind) => kind.modelType === 'vae' && kind.base === base

/**
 * Families and stages with identical tensor names and shapes. ComfyUI and InvokeAI go by the name or ask the
 * user as well.
 */
const openQuestions: readonly OpenQuestion[] = [
  {
    question: 'vae-sd',
    appliesTo: isVae('SD / SDXL'),
    answers: [
      [/sd[-_ ]?xl|(?<![a-z])xl(?![a-z])/, 'SDXL'],
      [/sd[-_ ]?v?1|vae[-_]ft|kl[-_]f8|(?<!\d)84\d{4}/, 'SD1'],
    ],
    apply: withBase,
  },
  {
    question: 'vae-flux',
    appliesTo: isVae('Flux.1 / SD3'),
    answers: [
      [/sd[-_ ]?3/, 'SD3'],
      [/flux|^ae(?=\.)/, 'Flux.1'],
    ],
    apply: withBase,
  },
  {
    question: 'vae-wan',
    appliesTo: isVae('Wan / Qwen-Image'),
    answers: [
      [/qwen/, 'Qwen-Image'],
      [/wan/, 'Wan'],
    ],
    apply: withBase,
  },
  {
    question: 'noise',
    appliesTo: ({ base, variant }) => base === 'Wan' && (variant?.startsWith('2.2 14B') ?? false),
    answers: [...noiseAnswers, ...noiseWordAnswers],
  },
  {
    question: 'wan',
    appliesTo: ({ modelType, base, variant }) =>
      modelType === 'diffusion_models' && base === 'Wan' && variant === '14B T2V',
    // `v2.1` is a version of the file's own, and `2.2_14B` no version 2.1.
    answers: [...noiseAnswers, [/(?<![\dv])2[._]1(?!\d)/, 'old'], ...noiseWordAnswers],
    apply: (kind, answer) => ({ ...kind, variant: answer === 'old' ? '2.1 14B T2V' : '2.2 14B T2V' }),
  },
  {
    question: 'noise',
    appliesTo: ({ modelType, base, variant }) =>
      modelType === 'loras' && base === 'Wan' && (variant?.includes('14B') ?? false),
    answers: [...noiseAnswers, ...noiseWordAnswers],
  },
  {
    question: 'klein',
    appliesTo: ({ base, variant }) => base === 'Flux.2' && (variant?.startsWith('Klein') ?? false),
    answers: [
      [/base/, 'base'],
      [/distill/, 'distilled'],
    ],
  },
]

/**
 * Refines a kind by the file's name where the tensors leave a question open. The note says how it was
 * answered, if at all.
 */
export function refineKindByName(
  kind: Kind,
  name: string,
): { readonly kind: Kind; readonly note: MessageReference | null } {
  const found = openQuestions.find(({ appliesTo }) => appliesTo(kind))
  if (!found) return chooseBaseByName(kind, name)
  const { question, answers, apply } = found
  const words = separateWords(name)
  for (const [pattern, answer] of answers) {
    const hint = pattern.exec(words)?.[0]
    if (hint === undefined) continue
    const note = { key: 'note.by-name', params: { hint, answer } }
    return { kind: apply ? apply(kind, answer) : kind, note }
  }
  return { kind, note: { key: 'note.open', params: { question } } }
}

/** In lower case, with `-` before each word of a name such as `wan22_t2vHighV20`. */
const separateWords = (name: string) =>
  name.replaceAll(/(?<=[a-z\d])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])/g, '-').toLowerCase()

/** Of several families that the tensors allow, the one that the name has; its words are those of metadata. */
function chooseBaseByName(
  kind: Kind,
  name: string,
): { readonly kind: Kind; readonly note: MessageReference | null } {
  const bases = basesOf(kind.base)
  if (bases.length < 2) return { kind, note: null }
  const { bases: named, word } = basesByName(`${name} ${separateWords(name)}`)
  const [base, ...others] = named.filter((one) => bases.includes(one))
  if (base === undefined || others.length > 0) {
    return { kind, note: { key: 'note.open', params: { question: 'base' } } }
  }
  return { kind: withBase(kind, base), note: { key: 'note.by-name', params: { hint: word, answer: base } } }
}

export interface NameHint {
  readonly modelType: string
  /** The matching part of the name. */
  readonly hint: string
}

/**
 * Words in file names, the most specific first. Weak evidence, used only without a header or a folder that
 * shows the type.
 */
const nameHints: readonly (readonly [pattern: RegExp, modelType: string])[] = [
  [/clip[-_ ]?vision|siglip/, 'clip_vision'],
  [/control[-_ ]?(net|lora)|t2i[-_ ]?adapter|control_v11\w?/, 'controlnet'],
  [/ip[-_ ]?adapter/, 'ipadapter'],
  [/(?<![a-z])(lora|locon|lycoris|loha|lokr|dora)(?![a-z])/, 'loras'],
  // Names of the files that ComfyUI's extensions, adetailer and Fooocus download.
  [/yolov?\d+/, 'ultralytics'],
  [/(?<![a-z\d])sam2(?![a-z])/, 'sam2'],
  [/(?<![a-z\d])(mobile_?sam|sam_(vit|hq)_?\w*)/, 'sams'],
  [/inswapper/, 'insightface'],
  [/codeformer|gfpgan|restoreformer|gpen[-_]bfr/, 'facerestore_models'],
  [/animatediff|temporaldiff|(?<![a-z])mm_sd(xl)?(?![a-z])|sd15_mm(?![a-z])/, 'animatediff_models'],
  [/(?<![a-z])pulid/, 'pulid'],
  [/photomaker/, 'photomaker'],
  [/(?<![a-z])gligen/, 'gligen'],
  [/hypernetwork/, 'hypernetworks'],
  [/brushnet|fooocus_inpaint|big-lama/, 'inpaint'],
  [/taesd\w*|taehv|vae[-_ ]?approx/, 'vae_approx'],
  [/(?<![a-z])vae(?![a-z])|^ae(?=\.)/, 'vae'],
  [/umt5|t5[-_ ]?xxl|clip[-_ ]?[lgh](?![a-z])|text[-_ ]?encoder/, 'text_encoders'],
  [/(ltx|hunyuan).*upscal\w*|latent[-_ ]?ups\w*/, 'latent_upscale_models'],
  [/(real)?esrgan|swinir|upscal\w*|(?<![a-z\d])[1248]x(?=[-_ ])/, 'upscale_models'],
  [/(?<![a-z])unet(?![a-z])|diffusion[-_ ]?model(?!s? ?xl)/, 'diffusion_models'],
  // Textual inversions are never graphs or GGUF; those are models that compute embeddings.
  [/(textual[-_ ]?inversion|(?<![a-z])embedding(?![a-z]))(?!.*\.(onnx|gguf)$)/, 'embeddings'],
  // Only complete Stable Diffusion models are saved as .ckpt.
  [/\.ckpt$/, 'checkpoints'],
]

/** The model type that a file's name suggests, or null. */
export function modelTypeByName(name: string): NameHint | null {
  const lower = name.toLowerCase()
  for (const [pattern, modelType] of nameHints) {
    const hint = pattern.exec(lower)?.[0]
    if (hint !== undefined) return { modelType, hint }
  }
  return null
}
