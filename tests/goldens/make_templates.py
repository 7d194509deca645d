"""Makes templates/*.json: chats rendered by Hugging Face `transformers`, with the text that its assistant mask covers.

    pip install transformers jinja2 && python make_templates.py

Each file: a template, its special tokens, and cases of messages with the rendered text, the text with a generation prompt, and what the
`{% generation %}` blocks wrote (empty if the template has none). The templates are written here, in the manners of well-known models.
"""

import json
from pathlib import Path

from transformers.utils.chat_template_utils import render_jinja_template

OUT = Path(__file__).parent / "templates"

CHATS = [
    [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello, Ada."}],
    [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Eins\nzwei"},
        {"role": "assistant", "content": "  Drei – vier 🙂\n"},
        {"role": "user", "content": "More \"quotes\" & <tags>"},
        {"role": "assistant", "content": "Hi"},
    ],
]

TEMPLATES = {
    "chatml_blocks": """{%- for message in messages %}
    {%- if message.role == 'assistant' %}
        {{- '<|im_start|>assistant\\n' }}
        {%- generation %}
        {{- message.content + '<|im_end|>' }}
        {%- endgeneration %}
        {{- '\\n' }}
    {%- else %}
        {{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>\\n' }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\\n' }}
{%- endif %}""",
    "blocks_by_line": """{% for message in messages %}
  {% if message['role'] == 'assistant' %}
A: {% generation %}{{ message['content'] | trim }}{{ eos_token }}{% endgeneration %}

  {% else %}
{{ message['role'].upper() }}: {{ message['content'].strip() }}
  {% endif %}
{% endfor %}
{% if add_generation_prompt %}
A: {% endif %}""",
    "inst": """{%- if messages[0]['role'] == 'system' %}
    {%- set system_message = messages[0]['content'] %}
    {%- set loop_messages = messages[1:] %}
{%- else %}
    {%- set loop_messages = messages %}
{%- endif %}
{{- bos_token }}
{%- for message in loop_messages %}
    {%- if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}
        {{- raise_exception('roles must alternate') }}
    {%- endif %}
    {%- if message['role'] == 'user' %}
        {%- if loop.first and system_message is defined %}
            {{- ' [INST] ' + system_message + '\\n\\n' + message['content'] + ' [/INST]' }}
        {%- else %}
            {{- ' [INST] ' + message['content'] + ' [/INST]' }}
        {%- endif %}
    {%- else %}
        {{- ' ' + message['content'].strip() + eos_token }}
    {%- endif %}
{%- endfor %}""",
    "last_turn_differs": """{%- set ns = namespace(last=-1) %}
{%- for message in messages %}{% if message.role == 'user' %}{% set ns.last = loop.index0 %}{% endif %}{% endfor %}
{%- for message in messages %}
{{ '<|im_start|>' + message.role }}
{% if message.role == 'assistant' and loop.index0 > ns.last %}
<think>

</think>

{% endif %}
{{ message.content.strip('\\n') }}<|im_end|>
{%- endfor %}
{% if add_generation_prompt %}

<|im_start|>assistant
{% endif %}""",
    "json": """{% for message in messages %}{{ message | tojson }}
{{ {'a': [1, 2.5, true, none], 'b': message.content} | tojson(indent=2) }}
{% endfor %}""",
}

for name, template in TEMPLATES.items():
    cases = []
    for chat in CHATS:
        special = {"bos_token": "<s>", "eos_token": "</s>"}
        mask = "endgeneration" in template
        text, spans = render_jinja_template(
            conversations=[chat], chat_template=template, return_assistant_tokens_mask=mask, **special)
        asked, _ = render_jinja_template(conversations=[chat[:-1]], chat_template=template, add_generation_prompt=True, **special)
        blocks = [text[0][a:b] for a, b in spans[0]] if mask else []
        cases.append({"messages": chat, "text": text[0], "prompt": asked[0], "blocks": blocks})
    OUT.mkdir(exist_ok=True)
    data = {"template": template, "bos_token": "<s>", "eos_token": "</s>", "cases": cases}
    (OUT / f"{name}.json").write_text(json.dumps(data, ensure_ascii=False, indent=1) + "\n")
