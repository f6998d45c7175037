// The chat panel. Messages are text and are only ever shown as text.

const MAX_SHOWN = 500;
const MAX_TEXT = 2000;

export class ChatPanel {
  #log;
  #empty;

  /** `onSend(text)` is called for each message that is entered. */
  constructor({ log, empty, form, input, onSend }) {
    this.#log = log;
    this.#empty = empty;
    input.maxLength = MAX_TEXT;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const text = input.value.trim();
      if (!text) return;
      input.value = "";
      onSend(text);
    });
  }

  add({ name, text, self = false }) {
    const atEnd = this.#log.scrollHeight - this.#log.scrollTop - this.#log.clientHeight < 40;
    this.#empty.hidden = true;
    this.#log.append(entry(name, text.slice(0, MAX_TEXT), self));
    if (this.#log.childElementCount > MAX_SHOWN) this.#log.firstElementChild.remove();
    if (atEnd || self) this.scrollToEnd(); // whoever reads further up is left there
  }

  scrollToEnd() {
    this.#log.scrollTop = this.#log.scrollHeight;
  }

  clear() {
    this.#log.replaceChildren();
    this.#empty.hidden = false;
  }
}

function entry(name, text, self) {
  const item = document.createElement("li");
  item.className = "message";
  item.toggleAttribute("data-self", self);
  const now = new Date();
  const time = element(
    "time",
    "message-time",
    now.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" }),
  );
  time.dateTime = now.toISOString();
  const head = element("p", "message-head", "");
  head.append(element("span", "message-name", self ? "You" : name), " ", time);
  item.append(head, element("p", "message-text", text));
  return item;
}

function element(tag, className, text) {
  const node = document.createElement(tag);
  node.className = className;
  node.dir = "auto"; // a name or message in another direction does not turn the line around it
  node.textContent = text;
  return node;
}
