-- Reads the permissions of many API keys in one step: a command for each of thousands of keys takes several times as long.
--
-- KEYS[...] records (hashes)
--
-- Replies one text for each record, in order: nil where there is none, or something that is no record.

local texts = {}
for i, key in ipairs(KEYS) do
  local text = redis.pcall('HGET', key, 'permissions')
  if type(text) == 'table' then
    if not string.match(text.err, '^WRONGTYPE') then return text end
    text = false
  end
  texts[i] = text
end
return texts
