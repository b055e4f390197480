import type { Message } from '../../messages/message.ts'

/** What the details pane says of what a model's file says of itself. */
export const modelMessages = {
  'model.says': ['What the file says', '文件自述', '檔案自述'],
  'model.preview': ['Preview of {name}', '{name} 的预览', '{name} 的預覽'],
  'model.title': ['Title', '标题', '標題'],
  'model.author': ['Author', '作者', '作者'],
  'model.licence': ['Licence', '许可证', '授權條款'],
  'model.trigger-words': ['Trigger words', '触发词', '觸發詞'],
  'model.resolution': ['Resolution', '分辨率', '解析度'],
  'model.training-base': ['Made from', '基于', '基於'],
  'model.date': ['Date', '日期', '日期'],
  'model.usage': ['Usage', '用法', '用法'],
  'model.prediction': ['Prediction', '预测方式', '預測方式'],
  'model.quantisation': ['Quantisation', '量化', '量化'],
  'model.producer': ['Written by', '写入工具', '寫入工具'],
  'model.parameters': ['Parameters', '参数量', '參數量'],
  'model.dtypes': ['Number formats', '数值格式', '數值格式'],
  'model.inputs': ['Inputs', '输入', '輸入'],
  'model.description': ['Description', '说明', '說明'],
  'model.sidecars': ['Beside it', '旁边的文件', '旁邊的檔案'],
  'model.sidecars-note': [
    'Read for these details; not sent.',
    '仅用于显示这些信息，不会发送。',
    '僅用於顯示這些資訊，不會傳送。',
  ],
  'model.imports': ['Would load', '将加载', '將載入'],
  'model.private': [
    `Before you share it: the file holds {what, select,
      prompt {a prompt}
      workflow {a workflow}
      paths {paths on the computer where it was made}
      training {texts and tags that it was trained with}
      other {private notes}
    }. Whoever gets the file can read that.`,
    `分享之前请注意：文件中包含{what, select,
      prompt {提示词}
      workflow {工作流}
      paths {制作时所用计算机上的路径}
      training {训练所用的文本和标签}
      other {私人备注}
    }。获得该文件的人都能读到。`,
    `分享之前請注意：檔案中包含{what, select,
      prompt {提示詞}
      workflow {工作流程}
      paths {製作時所用電腦上的路徑}
      training {訓練所用的文字和標籤}
      other {私人備註}
    }。取得該檔案的人都能讀到。`,
  ],
  'inspect.unread': [
    'Not looked into: nothing is known of this format, so whether it is sound can’t be said.',
    '未检查内容：不了解此格式，因此无法判断文件是否完好。',
    '未檢查內容：不了解此格式，因此無法判斷檔案是否完好。',
  ],
  'inspect.group': [
    `One file of {name}, {kind, select,
      diffusers {a folder in the form of diffusers}
      shards {a model in numbered parts}
      other {a graph with its weights beside it}
    }.`,
    `属于 {name}：{kind, select,
      diffusers {diffusers 格式的文件夹}
      shards {分为多个编号部分的模型}
      other {权重位于旁边的计算图}
    }。`,
    `屬於 {name}：{kind, select,
      diffusers {diffusers 格式的資料夾}
      shards {分為多個編號部分的模型}
      other {權重位於旁邊的計算圖}
    }。`,
  ],
  'model.licence-note': [
    'Check that this licence lets your team use it.',
    '请确认该许可证允许您的团队使用。',
    '請確認該授權條款允許您的團隊使用。',
  ],
  'model.licence-strict': [
    'This licence limits who may use the model and for what. Check it before you share the model with your team.',
    '该许可证限制了使用者和用途。与团队分享之前请先核对。',
    '該授權條款限制了使用者和用途。與團隊分享之前請先核對。',
  ],
} as const satisfies Record<string, Message>
