// What VS Code's Jupyter extension does with a widget, around the widget manager that Microsoft publishes for it: an output
// that scrolls away is made invisible; one that is deleted is taken off the page, and its view is told nothing; one that
// comes back is a second view of the same model.
import { KernelManager, ServerConnection } from "@jupyterlab/services";

const MIME = "application/vnd.jupyter.widget-view+json";
const notebook = document.createElement("main");
const outputs = {};
let kernel, manager;

const show = async (output, id) => {
  const box = document.createElement("div");
  output.replaceChildren(box);
  const model = await manager.get_model(id), view = await manager.create_view(model, { el: box });
  view.initialize({ model, el: box, options: {} });
  output.widget = await manager.display_view(null, view, { node: box });
};

const put = (message) => {
  const { data, transient } = message.content, output = outputs[transient.display_id] ??= document.createElement("section");
  output.parent = message.parent_header.msg_id;
  if (message.header.msg_type === "display_data") notebook.append(output);
  if (data[MIME]) return show(output, output.model = data[MIME].model_id);
  output.replaceChildren(Object.assign(new Image(), { src: `data:image/png;base64,${data["image/png"]}` }));
};

window.code = {
  async start(token, require, ipywidgets, anywidget) {
    document.documentElement.innerHTML = '<body class="vscode-light" style="background: white"></body>';
    document.body.append(notebook);
    for (const script of [require, anywidget]) {
      await new Promise((load, fail) => document.head.append(Object.assign(document.createElement("script"), { src: script, onload: load, onerror: fail })));
    }
    (await import(ipywidgets)).activate();
    window.vscIPyWidgets8.load();
    const settings = ServerConnection.makeSettings({ baseUrl: location.origin, wsUrl: location.origin.replace("http", "ws"), token, appendToken: true });
    kernel = await new KernelManager({ serverSettings: settings }).startNew({ name: "python3" });
    const scripts = { widgetsRegisteredInRequireJs: new Set(["anywidget"]), errorHandler: console.error, loadWidgetScript() {}, successHandler() {} };
    manager = new window.vscIPyWidgets.WidgetManager(kernel, document.body, scripts, () => {});
    kernel.iopubMessage.connect((_, message) => {
      if (["display_data", "update_display_data"].includes(message.header.msg_type)) put(message);
    });
  },
  async run(source, cell) {
    const request = kernel.requestExecute({ code: source }, false, { cellId: `vscode-notebook-cell:/shown.ipynb#${cell}` });
    const told = [];
    request.onIOPub = ({ header, content }) => {
      if (header.msg_type === "execute_result") told.push(content.data["text/plain"]);
      if (header.msg_type === "error") told.push(content.ename);
    };
    await request.done;
    return told.join();
  },
  outputs: () => Object.values(outputs).filter((output) => output.isConnected),
  hide: (output, hidden) => { output.style.visibility = hidden ? "hidden" : ""; },
  again: (output) => { output.widget.dispose(); return show(output, output.model); },
};
