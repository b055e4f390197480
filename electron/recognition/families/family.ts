/** A tensor's full name; one that ends in `.` or `_` is the beginning of names. A list means any of them. */
export type TensorKey = string | readonly string[]

/** Sizes of a tensor's first dimensions: one size, one of several, or null for any. */
export type Sizes = readonly (number | readonly number[] | null)[]

/** Tensors with the sizes that they must have. */
export type ShapeRules = readonly (readonly [key: TensorKey, sizes: Sizes])[]

/** What the tensors of a file must be like; all conditions count. */
export interface TensorRule {
  /** Tensors that exist. Full names first, because they are looked up faster. */
  readonly has?: readonly TensorKey[]
  /** Tensors that don't exist. */
  readonly lacks?: readonly TensorKey[]
  readonly shapes?: ShapeRules
}

/** A word of the variant, such as a size or a purpose. */
export interface VariantRule extends TensorRule {
  readonly word: string
}

/**
 * What adapters of a family change. Names are those in the model without `.weight`, with `#` for numbers; one
 * that ends in `.` is a beginning. A family is possible if one layer exists and no width or number
 * contradicts.
 */
export interface LoraLayers {
  /** Input width by layer: one, one of several, or null for any. */
  readonly layers: Readonly<Record<string, number | readonly number[] | null>>
  /**
   * Number of blocks, of each size of the model, by the beginning of their layers' names. Higher numbers show
   * another family.
   */
  readonly blocks?: Readonly<Record<string, number | readonly number[]>>
  /** Output widths of layers whose input is as wide as in other families; some block has one of them. */
  readonly outputs?: Readonly<Record<string, number | readonly number[]>>
  /** A word of the variant by an input width that only this size has. */
  readonly sizes?: Readonly<Record<number, string>>
}

/** A family of base models: everything by which its files are recognised. */
export interface BaseModel {
  readonly base: string
  /** Layouts of its diffusion model: the original one, the one of diffusers and others. */
  readonly layouts?: readonly TensorRule[]
  /** Of each group the first matching word counts. */
  readonly variants?: readonly (readonly VariantRule[])[]
  /** One for all sizes of the model, or one for each where widths and numbers of blocks belong together. */
  readonly lora?: LoraLayers | readonly LoraLayers[]
  /** Beginnings of class names in diffusers configurations; the longest match counts. */
  readonly classes?: readonly string[]
  /**
   * Beginnings of architectures in metadata (ModelSpec, kohya, ai-toolkit), in lower case with `-` for
   * punctuation; the longest match counts.
   */
  readonly architectures?: readonly string[]
}

/** A part or tool of a model in a file of its own: a VAE, an encoder, a ControlNet. */
export interface PartFamily extends TensorRule {
  readonly modelType: string
  /** Several bases if the tensors don't show which of them. */
  readonly base?: string | readonly string[]
  /** Of each group the first matching word counts. */
  readonly variants?: readonly (readonly VariantRule[])[]
  /** Its type in the folder of that type, from which other loaders read the same file. */
  readonly otherType?: string
}
