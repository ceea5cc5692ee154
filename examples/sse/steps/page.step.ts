import { http, step } from 'motia';

const page = `<!doctype html><title>Messages</title><form><input name=text autofocus><button>Say</button></form><ul></ul><script>
new EventSource('/messages').onmessage = ({ data }) => document.querySelector('ul').append(Object.assign(document.createElement('li'), { textContent: data }));
document.querySelector('form').onsubmit = (event) => { event.preventDefault(); const { text } = event.target;
  fetch('/messages', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ text: text.value }) }); text.value = ''; };
</script>`;

export default step({ name: 'Page', triggers: [http('GET', '/', { produces: 'text/html' })] }, () => ({ status: 200, body: page }));
