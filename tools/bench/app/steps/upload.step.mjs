import { http, step } from 'motia';

export default step({ name: 'Upload', triggers: [http('POST', '/upload')] }, async (req) => {
  let bytes = 0;
  for await (const file of req.files) for await (const chunk of file) bytes += chunk.length;
  return { status: 200, body: { bytes } };
});
