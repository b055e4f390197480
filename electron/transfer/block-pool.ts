/**
 * Blocks of memory for reading and sending files, with a cheap checksum by which two readers of a file verify
 * that they saw the same bytes. zlib's CRC-32 would take half as long as sending does, this one a fortieth of
 * it. It only tells versions of a file apart; the recorded hash is SHA-256.
 *
 * The checksum runs in WebAssembly over the memory that Node reads into and writes from, so nothing is
 * copied. The memory is shared, so that a hash thread can read blocks too (sent-hash.ts). Assembled by wabt
 * from
 *
 *   (loop $more                                             ;; 16 bytes at a time, as four 32-bit words
 *     (local.set $sum (i32x4.add (local.get $sum) (v128.load (local.get $at))))
 *     ;; so that the order counts (Fletcher, 1982)
 *     (local.set $sums (i32x4.add (local.get $sums) (local.get $sum)))
 *     …)
 *
 * and then folded to 32 bits by `hash = rotl(hash ^ word, 13) * 0x9e3779b1` over the words of both vectors.
 * The test compares it with the same checksum written in JavaScript.
 */
const program =
  'AGFzbQEAAAABBwFgAn9/AX8CEQECanMGbWVtb3J5AgOAAoACAwIBAAcKAQZkaWdlc3QAAArcAQHZAQICewF/AkAgACABTw0AA0AgAiAA/QAEAP2u' +
  'ASECIAMgAv2uASEDIABBEGohACAAIAFJDQALCyAEIAL9GwBzQQ13QbHz3fF5bCEEIAQgAv0bAXNBDXdBsfPd8XlsIQQgBCAC/RsCc0ENd0Gx893x' +
  'eWwhBCAEIAL9GwNzQQ13QbHz3fF5bCEEIAQgA/0bAHNBDXdBsfPd8XlsIQQgBCAD/RsBc0ENd0Gx893xeWwhBCAEIAP9GwJzQQ13QbHz3fF5bCEE' +
  'IAQgA/0bA3NBDXdBsfPd8XlsIQQgBAs='

/** 1 MiB was fastest when measured between disk and socket. */
export const blockBytes = 1024 * 1024
/** The program imports 16 MiB of memory; only touched pages are allocated. */
const blocksPerMemory = 16
const pagesPerMemory = 256
const chunkBytes = 16

/** The part of WebAssembly's interface that is used. Node's types do not declare it. */
declare const WebAssembly: {
  readonly Module: new (program: Uint8Array) => object
  readonly Memory: new (options: {
    readonly initial: number
    readonly maximum: number
    readonly shared: true
  }) => { readonly buffer: SharedArrayBuffer }
  readonly Instance: new (
    module: object,
    imports: object,
  ) => { readonly exports: { readonly digest: (at: number, end: number) => number } }
}

export interface Block {
  /** In memory that can be shared with another thread. */
  readonly bytes: Buffer
  /**
   * Adds the first `length` bytes to a checksum. Streams are compared by adding their full blocks in order.
   */
  addToChecksum(checksum: number, length: number): number
}

/** Reuses blocks, so that a thousand parts need no more memory than the first one. One pool per thread. */
export interface BlockPool {
  acquire(): Block
  release(block: Block): void
}

export function createBlockPool(): BlockPool {
  const module = new WebAssembly.Module(Buffer.from(program, 'base64'))
  const free: Block[] = []

  function addMemory(): void {
    const memory = new WebAssembly.Memory({ initial: pagesPerMemory, maximum: pagesPerMemory, shared: true })
    const { digest } = new WebAssembly.Instance(module, { js: { memory } }).exports
    for (let index = 0; index < blocksPerMemory; index += 1) {
      const at = index * blockBytes
      const bytes = Buffer.from(memory.buffer, at, blockBytes)
      free.push({
        bytes,
        addToChecksum(checksum, length) {
          const end = Math.ceil(length / chunkBytes) * chunkBytes
          bytes.fill(0, length, end)
          return (Math.imul(checksum, 31) + digest(at, at + end) + length) >>> 0
        },
      })
    }
  }

  return {
    acquire() {
      if (free.length === 0) addMemory()
      return free.pop() as Block
    },
    release: (block) => void free.push(block),
  }
}
