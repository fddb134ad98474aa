-- KEYS: mails of this minute, warning, freeze. ARGV: mails a minute, seconds of a warning, seconds of a freeze.
-- 1 when the address may have a mail sent, 0 when not.
if redis.call('EXISTS', KEYS[3]) == 1 then
  return 0
end
local sent = tonumber(redis.call('GET', KEYS[1]) or '0')
if sent >= tonumber(ARGV[1]) then
  if redis.call('EXISTS', KEYS[2]) == 1 then
    redis.call('SET', KEYS[3], 1, 'EX', ARGV[3])
  else
    redis.call('SET', KEYS[2], 1, 'EX', ARGV[2])
  end
  return 0
end
redis.call('INCR', KEYS[1])
if sent == 0 then
  redis.call('EXPIRE', KEYS[1], 60)
end
return 1
