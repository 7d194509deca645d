//! Templates for models that bring none. Each ends an answer with a token, so that a model learns to stop. Knows no turns.

use serde::{Deserialize, Serialize};

/// The templates that are built in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Builtin {
    /// `<|im_start|>role … <|im_end|>`, as `OpenAI` and Qwen.
    ChatMl,
    /// `### Instruction: … ### Response: …` (Taori et al. 2023).
    Alpaca,
    /// The prompt, a line end, the answer.
    Plain,
    /// Headers and `<|eot_id|>`, as Llama 3.
    Llama3,
    /// `<|user|> … <|assistant|> …`, as Zephyr (Tunstall et al. 2023).
    Zephyr,
}

impl Builtin {
    pub const ALL: [Self; 5] = [Self::ChatMl, Self::Alpaca, Self::Plain, Self::Llama3, Self::Zephyr];

    pub fn name(self) -> &'static str {
        match self {
            Self::ChatMl => "ChatML",
            Self::Alpaca => "Alpaca",
            Self::Plain => "Plain",
            Self::Llama3 => "Llama 3",
            Self::Zephyr => "Zephyr",
        }
    }

    /// Jinja.
    pub fn source(self) -> &'static str {
        match self {
            Self::ChatMl => CHATML,
            Self::Alpaca => ALPACA,
            Self::Plain => PLAIN,
            Self::Llama3 => LLAMA3,
            Self::Zephyr => ZEPHYR,
        }
    }
}

const CHATML: &str = "\
{%- for message in messages -%}
{{- '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>\\n' -}}
{%- endfor -%}
{%- if add_generation_prompt -%}{{- '<|im_start|>assistant\\n' -}}{%- endif -%}
";

const ALPACA: &str = "\
{%- if messages[0]['role'] != 'system' -%}
{%- if messages[0]['input'] -%}
{{- 'Below is an instruction that describes a task, paired with an input that provides further context. ' -}}
{%- else -%}
{{- 'Below is an instruction that describes a task. ' -}}
{%- endif -%}
{{- 'Write a response that appropriately completes the request.\\n\\n' -}}
{%- endif -%}
{%- for message in messages -%}
{%- if message['role'] == 'assistant' -%}
{{- '### Response:\\n' + message['content'] + eos_token + '\\n\\n' -}}
{%- elif message['role'] == 'system' -%}
{{- message['content'] + '\\n\\n' -}}
{%- elif message['input'] -%}
{{- '### Instruction:\\n' + message['instruction'] + '\\n\\n### Input:\\n' + message['input'] + '\\n\\n' -}}
{%- else -%}
{{- '### Instruction:\\n' + message['content'] + '\\n\\n' -}}
{%- endif -%}
{%- endfor -%}
{%- if add_generation_prompt -%}{{- '### Response:\\n' -}}{%- endif -%}
";

const PLAIN: &str = "\
{%- for message in messages -%}
{%- if message['role'] == 'assistant' -%}
{{- message['content'] + eos_token -}}
{%- if not loop.last -%}{{- '\\n' -}}{%- endif -%}
{%- else -%}
{{- message['content'] + '\\n' -}}
{%- endif -%}
{%- endfor -%}
";

const LLAMA3: &str = "\
{{- bos_token -}}
{%- for message in messages -%}
{{- '<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n' + message['content'] | trim + '<|eot_id|>' -}}
{%- endfor -%}
{%- if add_generation_prompt -%}{{- '<|start_header_id|>assistant<|end_header_id|>\\n\\n' -}}{%- endif -%}
";

const ZEPHYR: &str = "\
{%- for message in messages -%}
{{- '<|' + message['role'] + '|>\\n' + message['content'] + eos_token + '\\n' -}}
{%- endfor -%}
{%- if add_generation_prompt -%}{{- '<|assistant|>\\n' -}}{%- endif -%}
";
