import { expect, test } from 'vitest'
import { loaderFolders } from '../../../../electron/discovery/workflows/loader-table.ts'
import { folderEvidence, typeByFolderName } from '../../../../electron/recognition/kinds/folder-evidence.ts'

const typeOf = (path: string) => folderEvidence(path.split('/'))?.modelType ?? null

// Folders as the programs create them, not taken from the table.
test.each([
  ['ComfyUI/models/controlnet/SDXL/instantid', 'controlnet'],
  ['ComfyUI/models/loras/ipadapter', 'loras'],
  ['ComfyUI/models/checkpoints/SVD', 'checkpoints'],
  ['ComfyUI/models/text_encoders/t5', 'text_encoders'],
  ['ComfyUI/models/upscale_models/ldsr', 'upscale_models'],
  ['ComfyUI/models/vae/SD1.5/openai_consistency_decoder', 'vae'],
  ['ComfyUI/models/ultralytics/segm', 'ultralytics'],
  ['ComfyUI/models/xlabs/loras', 'xlabs'],
  ['ComfyUI/models/insightface/models/antelopev2', 'insightface'],
  ['ComfyUI/models/mmdets/bbox', 'mmdets'],
  ['ComfyUI/models/sam2', 'sam2'],
  ['ComfyUI/models/diffusers/sdxl-turbo/vae', 'vae'],
  ['stable-diffusion-webui/models/adetailer', 'ultralytics'],
  ['stable-diffusion-webui/models/LDSR', 'upscale_models'],
  ['stable-diffusion-webui/models/ScuNET', 'upscale_models'],
  ['stable-diffusion-webui/models/DAT', 'upscale_models'],
  ['stable-diffusion-webui/models/torch_deepdanbooru', 'deepdanbooru'],
  ['stable-diffusion-webui-forge/models/svd', 'checkpoints'],
  ['stable-diffusion-webui-forge/models/text_encoder', 'text_encoders'],
  ['sdnext/models/Text-encoder', 'text_encoders'],
  ['sdnext/models/control/controlnet', 'controlnet'],
  ['StabilityMatrix/Data/Models/IpAdapters15', 'ipadapter'],
  ['StabilityMatrix/Data/Models/IpAdaptersXl', 'ipadapter'],
  ['StabilityMatrix/Data/Models/AfterDetailer', 'ultralytics'],
  ['StabilityMatrix/Data/Models/SVD', 'checkpoints'],
  ['SwarmUI/Models/yolov8', 'yolov8'],
  ['SwarmUI/Models/Stable-Diffusion/OfficialStableDiffusion', 'checkpoints'],
  ['Fooocus/models/inpaint', 'inpaint'],
  ['Fooocus/models/prompt_expansion/fooocus_expansion', 'prompt_expansion'],
  ['Fooocus/models/sam', 'sams'],
  ['invokeai/models/sdxl/main/juggernaut', 'checkpoints'],
  ['invokeai/models/any/t5_encoder/t5_bnb_int8', 'text_encoders'],
  ['invokeai/models/sd-1/embedding', 'embeddings'],
  ['invokeai/models/sd-1/ip_adapter', 'ipadapter'],
  ['invokeai/autoimport/main', 'checkpoints'],
])('files in %s are of the type %s', (path, modelType) => expect(typeOf(path)).toBe(modelType))

test.each([
  'home/my main ideas',
  'home/main',
  'home/sdxl/main',
  'models/my main ideas',
  'home/embedding',
  'home/models backup/svd',
  'home/svd',
  'home/dat',
  'home/control',
  'home/yolo',
  'home/loras2',
  'home/my loras',
  'home/explorations',
  'home/vae notes',
  'home/checkpoints-old',
  'home/__proto__',
  'models/constructor',
  'models/sdxl',
  'models',
])('a folder that is only similar implies no type: %s', (path) => expect(typeOf(path)).toBeNull())

test('keeps the folders below the type’s folder', () => {
  expect(folderEvidence(['models', 'Lora', 'people', 'old'])).toEqual({
    folder: 'Lora',
    modelType: 'loras',
    below: ['people', 'old'],
  })
})

test('nodes of workflows load from folders that imply the same type', () => {
  const different = loaderFolders()
    .map((folder) => folder.split('/')[0] ?? '')
    .filter((folder) => typeByFolderName(folder) !== folder)
  expect(different).toEqual([])
})
