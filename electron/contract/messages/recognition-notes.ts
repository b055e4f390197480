import type { Message } from '../../messages/message.ts'

/** What a file itself can't tell, and what its name says of it. */
export const recognitionNotes = {
  'reason.diffusers': [
    'It is part of {folder}, a folder that is one model in the form of diffusers{pipeline, select, none {} other { ({pipeline})}}. All its files go to one folder of the library.',
    '它是 {folder} 的一部分，该文件夹是一个 diffusers 格式的模型{pipeline, select, none {} other {（{pipeline}）}}。其所有文件将存入资料库的同一文件夹。',
    '它是 {folder} 的一部分，該資料夾是一個 diffusers 格式的模型{pipeline, select, none {} other {（{pipeline}）}}。其所有檔案將存入資料庫的同一資料夾。',
  ],
  'note.by-name': [
    `By name: “{hint}” says {answer, select,
      high {that it is the part for high noise}
      low {that it is the part for low noise}
      old {Wan 2.1}
      base {that it is the base model}
      distilled {that it is the distilled model}
      other {{answer}}
    }; its bytes can’t tell.`,
    `依据名称：“{hint}”表明{answer, select,
      high {它是高噪声部分}
      low {它是低噪声部分}
      old {它属于 Wan 2.1}
      base {它是基础模型}
      distilled {它是蒸馏模型}
      other {它属于 {answer}}
    }；文件内容无法区分。`,
    `依據名稱：「{hint}」表明{answer, select,
      high {它是高雜訊部分}
      low {它是低雜訊部分}
      old {它屬於 Wan 2.1}
      base {它是基礎模型}
      distilled {它是蒸餾模型}
      other {它屬於 {answer}}
    }；檔案內容無法區分。`,
  ],
  'note.open': [
    `The file can’t tell {question, select,
      noise {whether it is the part for high or for low noise}
      wan {whether it is Wan 2.1 or one of the two parts of Wan 2.2}
      klein {whether it is the base or the distilled model}
      other {which of these families it belongs to: they share it}
    }, and its name doesn’t say.`,
    `文件无法说明{question, select,
      noise {它是高噪声还是低噪声部分}
      wan {它是 Wan 2.1 还是 Wan 2.2 两部分之一}
      klein {它是基础模型还是蒸馏模型}
      other {它属于其中哪个系列（它们共用此文件）}
    }，名称也未说明。`,
    `檔案無法說明{question, select,
      noise {它是高雜訊還是低雜訊部分}
      wan {它是 Wan 2.1 還是 Wan 2.2 兩部分之一}
      klein {它是基礎模型還是蒸餾模型}
      other {它屬於其中哪個系列（它們共用此檔案）}
    }，名稱也未說明。`,
  ],
} as const satisfies Record<string, Message>
