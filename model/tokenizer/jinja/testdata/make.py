"""Writes cases.json: templates and what Hugging Face transformers makes of them.

Run with a Python that has transformers: python make.py > cases.json
Each case is a template and its variables, and its text, or null where it fails.
"""
import json
import sys

from transformers.utils.chat_template_utils import _compile_jinja_template

CHATS = [
    [{"role": "user", "content": "Hi there!"}],
    [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "2+2?"}],
    [
        {"role": "system", "content": "  You are é 你好 <|x|> \"quoted\".\n"},
        {"role": "user", "content": "one\n\ntwo "},
        {"role": "assistant", "content": "<think>hm</think>\n three"},
        {"role": "user", "content": ""},
        {"role": "assistant", "content": "four"},
    ],
    [{"role": "assistant", "content": "wrong start"}, {"role": "tool", "content": "{}"}],
    [],
]

# Chat templates of the common shapes.
CHAT_TEMPLATES = {
    "chatml": (
        "{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}"
        "{{ '<|im_start|>system\\nYou are helpful.<|im_end|>\\n' }}{% endif %}"
        "{{'<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n'}}{% endfor %}"
        "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
    ),
    "headers": (
        "{% set loop_messages = messages %}{% for message in loop_messages %}"
        "{% set content = '<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n'+ message['content'] | trim"
        " + '<|eot_id|>' %}{% if loop.index0 == 0 %}{% set content = bos_token + content %}{% endif %}{{ content }}"
        "{% endfor %}{% if add_generation_prompt %}{{ '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}{% endif %}"
    ),
    "zephyr": (
        "{% for message in messages %}\n{% if message['role'] == 'user' %}\n"
        "{{ '<|user|>\\n' + message['content'] + eos_token }}\n{% elif message['role'] == 'system' %}\n"
        "{{ '<|system|>\\n' + message['content'] + eos_token }}\n{% elif message['role'] == 'assistant' %}\n"
        "{{ '<|assistant|>\\n'  + message['content'] + eos_token }}\n{% endif %}\n"
        "{% if loop.last and add_generation_prompt %}\n{{ '<|assistant|>' }}\n{% endif %}\n{% endfor %}"
    ),
    "inst": (
        "{%- if messages[0]['role'] == 'system' %}\n    {%- set system = messages[0]['content'] %}\n"
        "    {%- set rest = messages[1:] %}\n{%- else %}\n    {%- set rest = messages %}\n{%- endif %}\n"
        "{{- bos_token }}\n{%- for m in rest %}\n"
        "    {%- if (m['role'] == 'user') != (loop.index0 % 2 == 0) %}\n"
        "        {{- raise_exception('roles must alternate user/assistant') }}\n    {%- endif %}\n"
        "    {%- if m['role'] == 'user' %}\n        {%- if loop.last and system is defined %}\n"
        "            {{- '[INST] ' + system + '\\n\\n' + m['content'] + '[/INST]' }}\n        {%- else %}\n"
        "            {{- '[INST] ' + m['content'] + '[/INST]' }}\n        {%- endif %}\n"
        "    {%- elif m['role'] == 'assistant' %}\n        {{- ' ' + m['content']|trim + eos_token }}\n"
        "    {%- else %}\n        {{- raise_exception('Only user, system and assistant roles are supported!') }}\n"
        "    {%- endif %}\n{%- endfor %}\n"
    ),
    "thinking": (
        "{%- set ns = namespace(found=false, last=messages|length - 1) %}\n"
        "{%- for message in messages[::-1] %}\n    {%- set index = (messages|length - 1) - loop.index0 %}\n"
        "    {%- if not ns.found and message.role == \"user\" and message.content is string %}\n"
        "        {%- set ns.found = true %}\n        {%- set ns.last = index %}\n    {%- endif %}\n{%- endfor %}\n"
        "{%- for message in messages %}\n    {%- if '</think>' in message.content %}\n"
        "        {%- set thought = message.content.split('</think>')[0].rstrip('\\n').split('<think>')[-1].lstrip('\\n') %}\n"
        "        {%- set content = message.content.split('</think>')[-1].lstrip('\\n') %}\n"
        "        {{- '<|' ~ message.role ~ '|>(' ~ thought ~ ')' ~ content ~ ns.last }}\n"
        "    {%- else %}\n        {{- '<|' ~ message.role ~ '|>' ~ message.content }}\n    {%- endif %}\n"
        "{%- endfor %}\n{%- if tools %}\n{{ tools | tojson }}{% endif %}"
    ),
    "dated": (
        "{%- if not date_string is defined %}{%- if strftime_now is defined %}"
        "{%- set date_string = strftime_now(\"%d %b %Y\") %}{%- else %}{%- set date_string = \"26 Jul 2024\" %}"
        "{%- endif %}{%- endif %}{{- \"Today: \" + date_string + \"\\n\" }}"
        "{%- for m in messages if m.role in ['user', 'assistant'] %}{{ m.role|upper }}: {{ m['content'] }}\n{% else %}none{% endfor %}"
    ),
}

# One feature each. Variables: see VARS.
FEATURES = r"""
{{ 1 + 2 * 3 }} {{ 7 // 2 }} {{ -7 // 2 }} {{ 7 % 3 }} {{ -7 % 3 }} {{ 7 / 2 }} {{ 2 ** 10 }} {{ 2 ** -1 }} {{ 1.5 + 1 }} {{ 1e3 }} {{ 10 / 5 }}
{{ 'a' * 3 }}{{ [1, 2] * 2 }}{{ [1] + [2] }}{{ (1, 2) + (3,) }}{{ 'a' ~ 1 ~ none ~ true }}
{{ 1 < 2 < 3 }} {{ 1 < 3 < 2 }} {{ 1 == 1.0 }} {{ '1' == 1 }} {{ true == 1 }} {{ [1, 2] == [1, 2] }} {{ (1,) == [1] }} {{ none == none }}
{{ 'b' in 'abc' }} {{ 'x' not in 'abc' }} {{ 1 in [1, 2] }} {{ 'a' in d }} {{ 'z' in d }} {{ nothing in [1] }}
{{ not true }} {{ true and 'x' }} {{ '' or 'y' }} {{ 0 or none }} {{ not nothing }}
{{ 'yes' if true else 'no' }} {{ 'yes' if false }}| {{ 1 if nothing is defined else 2 }}
{{ s }} {{ s[0] }} {{ s[-1] }} {{ s[1:3] }} {{ s[::-1] }} {{ s[:-1] }} {{ s[10:] }}| {{ s[5] }}|
{{ l }} {{ l[0] }} {{ l[-1] }} {{ l[1:] }} {{ l[::2] }} {{ l[::-1] }} {{ l[9] }}|{{ l[-9:2] }}
{{ d }} {{ d.a }} {{ d['a'] }} {{ d.get('a') }} {{ d.get('z') }} {{ d.get('z', 5) }} {{ d.z }}| {{ d['z'] }}|
{{ d.items() | list }} {{ d.keys() | list }} {{ d.values() | list }} {{ d | length }} {{ d | items | list }}
{% for k, v in d.items() %}{{ k }}={{ v }};{% endfor %} {% for k in d %}{{ k }}{% endfor %}
{% for x in l %}{{ loop.index }}{{ loop.index0 }}{{ loop.revindex }}{{ loop.revindex0 }}{{ loop.first }}{{ loop.last }}{{ loop.length }} {% endfor %}
{% for x in l %}{{ loop.previtem }}|{{ loop.nextitem }}|{{ loop.cycle('a', 'b') }} {% endfor %}
{% for x in [] %}x{% else %}empty{% endfor %} {% for x in nothing %}x{% else %}undef{% endfor %}
{% for x in l if x > 1 %}{{ x }}{{ loop.index }} {% endfor %}{% for x in l if x > 100 %}{% else %}none{% endfor %}
{% for x in range(3) %}{{ x }}{% endfor %} {% for x in range(1, 10, 4) %}{{ x }}{% endfor %} {{ range(5, 0, -2) | list }}
{% for x in l %}{% if x == 2 %}{% continue %}{% endif %}{{ x }}{% if x == 3 %}{% break %}{% endif %}{% endfor %}
{% for a, b in [(1, 2), (3, 4)] %}{{ a }}{{ b }} {% endfor %}{% for x in 'héy' %}{{ x }}.{% endfor %}
{% set x = 1 %}{% for i in l %}{% set x = i %}{% endfor %}{{ x }} {% if true %}{% set x = 9 %}{% endif %}{{ x }}
{% set ns = namespace(x=1, y='a') %}{% for i in l %}{% set ns.x = ns.x + i %}{% endfor %}{{ ns.x }}{{ ns.y }}{{ ns.z }}|
{% set a, b = 1, 2 %}{{ a }}{{ b }} {% set c = (3, 4) %}{{ c }} {% set t = 1, %}{{ t }}
{% set body %}  text {{ 1 + 1 }}
 more{% endset %}[{{ body }}] {% set up | upper | trim %} abc {% endset %}[{{ up }}]
{% macro m(a, b='B', c=none) %}<{{ a }}{{ b }}{{ c }}>{% endmacro %}{{ m(1) }}{{ m(1, 2) }}{{ m(1, c=3) }}{{ m(a=0) }}{{ m() }}
{% macro wrap(tag) %}<{{ tag }}>{{ caller() }}</{{ tag }}>{% endmacro %}{% call wrap('p') %}in{% endcall %}
{% macro outer(x) %}{% macro inner(y) %}{{ x }}{{ y }}{% endmacro %}{{ inner(2) }}{% endmacro %}{{ outer(1) }}
{% with a = 1, b = 2 %}{{ a }}{{ b }}{% endwith %}{{ a }}| {% filter upper %}abc {{ s }}{% endfilter %}
{% raw %}{{ not }} {% rendered %}{% endraw %} {#- gone -#} x {# gone #} y
{{ '\n\t\\\'"\x41\u00e9' }} {{ "a'b" }} {{ 'con' 'cat' }} {{ 'a\qb' }}
{{ ' a b '|trim }}|{{ 'xxaxx'|trim('x') }}|{{ ' a '.strip() }}|{{ ' a '.lstrip() }}|{{ ' a '.rstrip() }}|{{ 'xay'.strip('xy') }}
{{ 'a,b,,c'.split(',') }} {{ ' a  b '.split() }} {{ 'a b c d'.split(' ', 2) }} {{ 'a  b  c '.split(none, 1) }} {{ ''.split() }} {{ ''.split(',') }}
{{ 'a,b,c'.rsplit(',', 1) }} {{ ' a b c '.rsplit(none, 1) }} {{ 'a\nb\r\nc\n'.splitlines() }} {{ 'a=b=c'.partition('=') }} {{ 'a=b=c'.rpartition('=') }}
{{ 'abc'.startswith('ab') }} {{ 'abc'.endswith(('x', 'c')) }} {{ 'abc'.replace('b', 'X') }} {{ 'aaa'.replace('a', 'b', 2) }} {{ 'ab'.replace('', '-') }}
{{ 'abcabc'.find('c') }} {{ 'abcabc'.rfind('c') }} {{ 'abc'.find('z') }} {{ 'éab'.find('b') }} {{ 'aXbX'.count('X') }} {{ '-'.join(['a', 'b']) }}
{{ 'hello WORLD'.title() }} {{ 'hELLO wORLD'.capitalize() }} {{ "they're bill's"|title }} {{ 'ABC'.lower() }}
{{ '12'.isdigit() }} {{ 'a1'.isalpha() }} {{ ' '.isspace() }} {{ 'ab'.islower() }} {{ 'A1'.isupper() }} {{ ''.isdigit() }} {{ 'a1'.isalnum() }}
{{ 'pre-x'.removeprefix('pre-') }} {{ 'x.txt'.removesuffix('.txt') }}
{{ l|first }} {{ l|last }} {{ [] | first }}| {{ l|length }} {{ l|sum }} {{ l|min }} {{ l|max }} {{ l|reverse|list }} {{ s|reverse }} {{ l|join(', ') }} {{ l|join }}
{{ [3, 1, 2]|sort }} {{ ['b', 'A', 'c']|sort }} {{ ['b', 'A']|sort(case_sensitive=true) }} {{ [1, 3, 2]|sort(reverse=true) }} {{ [{'n': 2}, {'n': 1}]|sort(attribute='n') }}
{{ ['a', 'A', 'b', 'a']|unique|list }} {{ {'b': 1, 'a': 2}|dictsort }} {{ {'b': 1, 'a': 2}|dictsort(by='value') }}
{{ [{'n': 1}, {'n': 2}]|map(attribute='n')|list }} {{ ['a', 'b']|map('upper')|join }} {{ [{'m': {'n': 5}}]|map(attribute='m.n')|list }} {{ [{}, {'n': 1}]|map(attribute='n', default=0)|list }}
{{ [1, 2, 3, 4]|select('even')|list }} {{ [1, 2, 3]|reject('odd')|list }} {{ [0, 1, '']|select|list }} {{ [1, 2, 3]|select('>', 1)|list }}
{{ [{'r': 'a'}, {'r': 'b'}]|selectattr('r', 'equalto', 'a')|list }} {{ [{'r': 1}, {}]|selectattr('r', 'defined')|list|length }} {{ [{'r': 'a'}, {'r': 'b'}]|rejectattr('r', '==', 'a')|map(attribute='r')|join }}
{{ nothing|default('d') }} {{ ''|default('d') }} {{ ''|default('d', true) }} {{ none|d('x') }} {{ 0|default(5, boolean=true) }}
{{ '12'|int + 1 }} {{ 'x'|int }} {{ 'x'|int(7) }} {{ 3.9|int }} {{ '3.5'|float }} {{ 'x'|float }} {{ 3.14159|round(2) }} {{ 2.5|round }} {{ 2.1|round(0, 'ceil') }} {{ -3|abs }} {{ 5|string + '!' }}
{{ d|tojson }} {{ l|tojson }} {{ s|tojson }} {{ "é<>&'\"\n\u2028"|tojson }} {{ {'a': [1, {'b': none}], 'c': true, 'd': 1.5}|tojson(indent=2) }} {{ []|tojson(indent=4) }}
{{ {'b': 1, 'a': 'é'}|tojson(sort_keys=true, ensure_ascii=true) }} {{ [1, 2]|tojson(separators=(',', ':')) }}
{{ 'a\nb\n\nc'|indent }}| {{ 'a\nb'|indent(2, true) }} {{ 'a\nb'|indent(width=1) }} {{ 'a b  c'|wordcount }} {{ '<a&"\'>'|escape }} {{ 'x'|safe }}
{{ nothing is defined }} {{ s is defined }} {{ nothing is undefined }} {{ none is none }} {{ s is string }} {{ 1 is number }} {{ 1 is integer }} {{ 1.0 is float }} {{ true is boolean }} {{ true is number }} {{ true is integer }}
{{ d is mapping }} {{ l is iterable }} {{ l is sequence }} {{ d is sequence }} {{ 1 is iterable }} {{ s is sequence }} {{ 3 is odd }} {{ 4 is even }} {{ 9 is divisibleby 3 }} {{ 9 is divisibleby(2) }} {{ 1 is eq 1 }} {{ 2 is in [1, 2] }} {{ 1 is not none }} {{ s is not string }} {{ none is sameas none }} {{ true is true }} {{ 1 is true }}
{{ range is callable }} {{ 'abc' is lower }} {{ 'ABC' is upper }} {{ 1 is ne 2 }} {{ 1 is lt 2 }} {{ 2 is ge 3 }}
{{ nothing }}|{{ nothing ~ 'x' }}|{{ [nothing] }}
{{ nothing.a }}
{{ nothing['a'] }}
{{ nothing + 'a' }}
{{ 'a' + 1 }}
{{ nothing() }}
{{ 1 / 0 }}
{{ d.a.b.c }}
{{ raise_exception('no ' ~ 1) }}
{{ l.append(1) }}
{{ d.update({}) }}
{{ d.pop('a') }}
{% set d.x = 1 %}
{{ 'a' < 1 }}
{{ unknown_function(1) }}
{{ 1|unknown_filter }}
{{ 1 is unknown_test }}
{{ 'x'.unknown_method() }}
{% include 'x' %}
{% for %}{% endfor %}
{% if true %}
{{ 1 +
{{ true }} {{ True }} {{ none }} {{ None }} {{ false }} {{ 1.0 }} {{ 1e20 }} {{ 1.5e-7 }} {{ 123456789012 }} {{ 0.1 + 0.2 }}
{{ ['a', "it's", 'q"q', 'n\n', 'é', 1.5, none, true] }} {{ {'a': 'b'} }} {{ ('x',) }} {{ () }} {{ [[], {}] }}
  {% if true %}
  indented
    {% if true %}x{% endif %}

  {% endif %}
end
a {%- if true -%}  b  {%- endif -%} c {{- 'd' -}} e {{ 'f' }}
a
  {%+ if true %}b{% endif +%}
c
line1
{% set q = 1 %}
{% set w = 2 %}   
line2 {# comment #}
{# alone #}
{{ q }}
{{ w }}

{{ [1, 2][0] }} {{ {'a': {'b': [5]}}.a.b[0] }} {{ (1, 2)[1] }} {{ 'abc'[1] | upper }} {{ -l[0] }} {{ not l[0] == 1 }} {{ l[0] if l else 0 }}
{{ messages | selectattr('role', 'equalto', 'user') | map(attribute='content') | join('|') }} {{ (messages | last)['role'] }} {{ messages[-1].content[:3] }}
{% set m = messages[0] %}{{ m['role'] == 'user' and m.content is string and m.content|length > 2 }} {{ m.tool_calls is defined and m.tool_calls }} {{ m.get('x') is none }}
{% generation %}gen{{ 1 }}{% endgeneration %} {{ dict(a=1, b=2) }} {{ dict({'x': 1}) }} {{ namespace(a=1).a }}
{{ loop }}|{% for x in [1, 2] %}{% for y in [3, 4] %}{{ loop.index }}{% endfor %}{{ loop.index }} {% endfor %}
{{ "%s" }} {{ 'a' if s == 'héllo' }} {{ s == "h\u00e9llo" }} {{ 7 is odd and 8 is even }} {{ 1 if 2 is divisibleby 2 else 3 }}
"""

VARS = {"s": "héllo", "l": [1, 2, 3, 4], "d": {"a": 1, "b": "x", "c": [1]}, "messages": CHATS[2], "add_generation_prompt": False}


def render(template, variables):
    try:
        return _compile_jinja_template(template).render(tools=None, documents=None, **variables)
    except Exception:
        return None


def feature_templates():
    """Templates are lines; those that need several lines are put together here."""
    lines = FEATURES.strip("\n").split("\n")
    joined = {"{% set body %}": 2, "  {% if true %}": 6, "a": 3, "line1": 8}
    out, i = [], 0
    while i < len(lines):
        n = 1
        for start, count in joined.items():
            if lines[i] == start or (start == "{% set body %}" and lines[i].startswith(start)):
                n = count
        out.append("\n".join(lines[i : i + n]))
        i += n
    return out


def main():
    cases = []
    for template in feature_templates():
        cases.append({"template": template, "vars": VARS, "want": render(template, VARS)})
    for name, template in CHAT_TEMPLATES.items():
        for chat in CHATS:
            for prompt in (False, True):
                v = {"messages": chat, "add_generation_prompt": prompt, "bos_token": "<s>", "eos_token": "</s>"}
                if name == "dated":
                    v["date_string"] = "01 Feb 2026"
                cases.append({"template": template, "vars": v, "want": render(template, v)})
    json.dump(cases, sys.stdout, ensure_ascii=True, indent=0)


main()
