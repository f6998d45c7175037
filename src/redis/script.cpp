#include "redis/script.hpp"

namespace signaling::redis {

const char* const script = R"lua(
-- ARGV: operation, prefix, bound of an inbox, node, session, number of the call in the session, arguments.
-- The answer is one string: a letter, then what the operation gives, packed: numbers as 8 or 4 bytes, the most
-- significant first; texts behind their length. Letters: O done, S the session is not known, U id in use, F room full,
-- N not joined, X expired.
local prefix, max_entries, node = ARGV[2], ARGV[3], ARGV[4]
local call, pack, unpack_at = redis.call, struct.pack, struct.unpack

-- Tries every command, and names the first that the user may not run. What is wrong with the values is no trouble.
local function refused_command()
  local probe = prefix .. ':check'
  local commands = {
    {'TIME'}, {'GET', probe}, {'SET', probe, '1'}, {'EXISTS', probe}, {'DEL', probe}, {'HSET', probe, 'f', '1'},
    {'HGET', probe, 'f'}, {'HMGET', probe, 'f'}, {'HINCRBY', probe, 'f', '1'}, {'HKEYS', probe},
    {'HLEN', probe}, {'HGETALL', probe}, {'HDEL', probe, 'f'}, {'SADD', probe, 'm'}, {'SREM', probe, 'm'},
    {'SMEMBERS', probe}, {'SPOP', probe, '1'}, {'ZADD', probe, '1', 'm'}, {'ZSCORE', probe, 'm'},
    {'ZRANGE', probe, '0', '-1'}, {'ZRANGEBYSCORE', probe, '0', '1'}, {'ZREM', probe, 'm'},
    {'XADD', probe, '1-0', 'e', ''}, {'XINFO', 'STREAM', probe},
    {'XREAD', 'COUNT', '1', 'STREAMS', probe, '0-0'}, {'XTRIM', probe, 'MINID', '~', '2-0'},
  }
  local refused = ''
  for _, command in ipairs(commands) do
    local answer = redis.pcall(unpack(command))
    if type(answer) == 'table' and answer.err and string.sub(answer.err, 1, 9) ~= 'WRONGTYPE' then
      refused = command[1] .. ' ' .. answer.err
      break
    end
  end
  redis.pcall('DEL', probe)
  return refused
end

if ARGV[1] == 'check' then return 'O' .. refused_command() end
local clock = call('TIME')
local microseconds = clock[1] * 1000000 + clock[2]
local now = math.floor(microseconds / 1000)
-- Lua would write great numbers with an exponent.
local function decimal(number) return string.format('%.0f', number) end

-- A name is any bytes: as part of a key it must not look like another key, nor like a pattern or a hash tag.
local function key(kind, name)
  if not name then return prefix .. ':' .. kind end
  if string.find(name, '[^%w_.-]') then
    name = string.gsub(name, '[^%w_.-]', function(byte) return string.format('%%%02X', string.byte(byte)) end)
  end
  return prefix .. ':' .. kind .. ':' .. name
end

local function text(bytes) return pack('>I4', #bytes) .. bytes end

-- Greater than any before: also if the database has lost the last one, since time goes on.
local function next_number()
  local number = math.max((tonumber(call('GET', key('seq')) or 0)) + 1, microseconds)
  call('SET', key('seq'), decimal(number))
  return number
end

-- The entry's kind is its last byte. Gives the entry's id. False: nobody of this name is there. An inbox that somebody
-- has spoilt goes, and the node's session with it, so that it gets another one.
local function deliver(target, entry)
  local inbox = call('HGET', key('node', target), 'inbox')
  if not inbox then return false end
  local stream = key('inbox', target)
  local id = redis.pcall('XADD', stream, 'NOMKSTREAM', 'MAXLEN', '~', max_entries, inbox .. '-*', 'e', entry)
  if type(id) == 'string' then return id end
  call('DEL', stream, key('node', target))
  return false
end

-- The place of an answer among the entries of the own inbox: an entry of its own.
local function mark()
  local id = deliver(node, 'a')
  return pack('>I8', id and tonumber(string.match(id, '%-(%d+)$')) or 0)
end

-- To all nodes with members in the room but one. False: there is none.
local function deliver_to_room(room, except, entry)
  local delivered = false
  for _, target in ipairs(call('HKEYS', key('roomnodes', room))) do
    delivered = target ~= except and deliver(target, entry) or delivered
  end
  return delivered
end

-- Rooms. P:room:<room> has the members, each packed: epoch, joined_at, node, metadata. P:members:<node> has the same
-- memberships by node, P:roomnodes:<room> how many of them each node has.

local function find_member(room, peer)
  local packed = call('HGET', key('room', room), peer)
  if not packed then return nil end
  local epoch, joined_at, holder, rest = unpack_at('>I8I8I4c0', packed)
  return {epoch = epoch, joined_at = joined_at, node = holder, metadata = string.sub(packed, rest), packed = packed}
end

local function store_member(room, peer, member)
  member.packed = pack('>I8I8', member.epoch, member.joined_at) .. text(member.node) .. member.metadata
  call('HSET', key('room', room), peer, member.packed)
end

local function version_of(room) return tonumber(call('GET', key('version', room)) or 0) end

-- kind: j joined, l left, u updated, m moved; reason: a digit. Not to the node whose doing it is: that gets the answer.
local function announce(room, version, kind, reason, peer, member, doer)
  local former = pack('>I8', member.former_epoch or 0)
  local entry = pack('>I8', version) .. kind .. reason .. former .. text(room) .. text(peer) .. member.packed .. 'c'
  deliver_to_room(room, doer, entry)
end

local function membership(room, peer) return text(room) .. peer end

local function take_from_node(room, peer, holder)
  call('SREM', key('members', holder), membership(room, peer))
  if call('HINCRBY', key('roomnodes', room), holder, -1) <= 0 then call('HDEL', key('roomnodes', room), holder) end
end

-- Gives the room's new version, which is kept as long as somebody is there.
local function remove_member(room, peer, member, reason, doer)
  local version = version_of(room) + 1
  call('HDEL', key('room', room), peer)
  take_from_node(room, peer, member.node)
  if call('EXISTS', key('room', room)) == 0 then
    call('DEL', key('version', room), key('roomnodes', room))
    if version > tonumber(call('GET', key('lastversion')) or 0) then
      call('SET', key('lastversion'), decimal(version))
    end
  else
    call('SET', key('version', room), decimal(version))
  end
  announce(room, version, 'l', reason, peer, member, doer)
  return version
end

local function add_member(room, peer, member)
  store_member(room, peer, member)
  call('SADD', key('members', member.node), membership(room, peer))
  call('HINCRBY', key('roomnodes', room), member.node, 1)
end

-- The member is this node's from now on. The one that had it is told, though it may have no other member there.
local function move_member(room, peer, member, epoch, version)
  local former = member.node
  member.former_epoch, member.epoch, member.node = member.epoch, epoch, node
  add_member(room, peer, member)
  announce(room, version, 'm', '0', peer, member, node)
  take_from_node(room, peer, former)
end

-- A member that its node brings back is there already. The database may have forgotten its last metadata.
local function refresh_member(room, peer, member, metadata, version)
  if member.metadata ~= metadata then
    version = version + 1
    member.metadata = metadata
    store_member(room, peer, member)
    announce(room, version, 'u', '0', peer, member, node)
  end
  if version > version_of(room) then call('SET', key('version', room), decimal(version)) end
  return version
end

local function state_of(room)
  local fields = call('HGETALL', key('room', room))
  local parts = {pack('>I4', #fields / 2)}
  for index = 1, #fields do parts[index + 1] = text(fields[index]) end
  return table.concat(parts)
end

-- Leases. P:nodes has each node with the end of its lease, P:beat when any was renewed last.

-- If nobody came for long, or the clock was put back, it was not the nodes that stood still.
local function renew_lease(lease, outage)
  local silence = now - tonumber(call('GET', key('beat')) or now)
  call('ZADD', key('nodes'), decimal(now + lease), node)
  if silence > tonumber(outage) or silence < 0 then
    for _, other in ipairs(call('ZRANGE', key('nodes'), 0, -1)) do
      call('ZADD', key('nodes'), decimal(now + lease), other)
    end
  end
  call('SET', key('beat'), decimal(now))
end

local function release_claim(peer, holder)
  call('HDEL', key('peers'), peer)
  call('SREM', key('claims', holder), peer)
end

local function find_claim(peer)
  local packed = call('HGET', key('peers'), peer)
  if not packed then return nil end
  local epoch, holder, rest = unpack_at('>I8I4c0', packed)
  return {epoch = epoch, node = holder, secret = string.sub(packed, rest)}
end

-- Removes so many members and claims of a node. True: there is more to do.
local function remove_some(lost, bound, node_lost)
  local members = call('SPOP', key('members', lost), bound)
  for _, packed in ipairs(members) do
    local room, rest = unpack_at('>I4c0', packed)
    local peer = string.sub(packed, rest)
    local member = find_member(room, peer)
    if member then remove_member(room, peer, member, node_lost, lost) end
  end
  for _, peer in ipairs(call('SPOP', key('claims', lost), bound)) do release_claim(peer, lost) end
  return call('EXISTS', key('members', lost), key('claims', lost)) > 0
end

local function forget_node(lost)
  call('DEL', key('node', lost), key('inbox', lost))
  call('ZREM', key('nodes'), lost)
  if call('EXISTS', key('nodes')) == 0 then
    call('DEL', key('beat'), key('seq'), key('lastversion'), key('data'))
  end
end

-- What the data are known by: another number if they were lost meanwhile.
local function data_number()
  local number = call('GET', key('data'))
  if number then return tonumber(number) end
  number = next_number()
  call('SET', key('data'), decimal(number))
  return number
end

-- Can the inbox have come as far as its node has read it?
local function has_come_to(inbox, number)
  if call('HGET', key('node', node), 'inbox') ~= inbox then return false end
  if call('EXISTS', key('inbox', node)) == 0 then return false end
  local info = call('XINFO', 'STREAM', key('inbox', node))
  for index = 1, #info, 2 do
    if info[index] == 'last-generated-id' then
      local last_inbox, last_number = string.match(info[index + 1], '^(%d+)%-(%d+)$')
      if last_inbox == inbox then return tonumber(number) <= tonumber(last_number) + 1 end
      return number == '0' and tonumber(last_inbox) == tonumber(inbox) - 1
    end
  end
end

)lua"
                           // In two parts, because a literal has at most 16,380 bytes for MSVC.
                           R"lua(-- Operations. Each gets its arguments, and gives the answer.
local operations = {}

function operations.open(inbox, number, lease, outage)
  local own = key('node', node)
  if not has_come_to(inbox, number) then
    local id = next_number()
    inbox, number = decimal(id), '0'
    call('DEL', key('inbox', node))
    -- A stream exists from its first entry on: this one stands before the first that is read.
    call('XADD', key('inbox', node), decimal(id - 1) .. '-0', 'e', '')
    call('HSET', own, 'inbox', inbox)
  end
  local session = next_number()
  call('HSET', own, 'session', decimal(session), 'calls', '0')
  renew_lease(lease, outage)
  local batch = tonumber(call('HGET', own, 'batch') or 0)
  return 'O' .. pack('>I8I8I8I8I8I8', session, tonumber(inbox), tonumber(number), now, batch, data_number())
end

function operations.renew(probe, lease, outage)
  renew_lease(lease, outage)
  deliver(node, pack('>I8', tonumber(probe)) .. 'p')
  return 'O' .. pack('>I8', now)
end

function operations.reap(bound, node_lost)
  local more = 0
  if tonumber(call('ZSCORE', key('nodes'), node) or 0) > now then
    local lost = call('ZRANGEBYSCORE', key('nodes'), '-inf', decimal(now), 'LIMIT', 0, 2)
    if lost[1] then
      -- From now on it is not known, whatever of it is left.
      call('DEL', key('node', lost[1]), key('inbox', lost[1]))
      if remove_some(lost[1], bound, node_lost) then more = 1 else forget_node(lost[1]) end
    end
    if lost[2] then more = 1 end
  end
  return 'O' .. pack('B', more)
end

-- Should the node be gone before the last part, others reap the rest at once.
function operations.goodbye(bound, node_lost)
  call('ZADD', key('nodes'), '0', node)
  if remove_some(node, bound, node_lost) then return 'O' .. pack('B', 1) end
  forget_node(node)
  return 'O' .. pack('B', 0)
end

-- The secrets are kept as hashes: who can read the database cannot take over a peer.
function operations.claim(peer, epoch, secret, resume, is_take_over)
  local claim, wanted = find_claim(peer), tonumber(epoch)
  local hash = secret ~= '' and redis.sha1hex(secret) or ''
  if claim and claim.node == node and wanted == 0 then
    if hash == '' or hash ~= claim.secret then return 'U' end
    return 'O' .. pack('>I8', claim.epoch)
  elseif claim and claim.node ~= node then
    if resume == '' or redis.sha1hex(resume) ~= claim.secret then return 'U' end
    deliver(claim.node, pack('>I8', claim.epoch) .. peer .. 'd')
    release_claim(peer, claim.node)
  elseif not claim and is_take_over ~= '' then
    return 'P'
  end
  if wanted == 0 then wanted = next_number() end
  if wanted > tonumber(call('GET', key('seq')) or 0) then call('SET', key('seq'), epoch) end
  call('HSET', key('peers'), peer, pack('>I8', wanted) .. text(node) .. hash)
  call('SADD', key('claims', node), peer)
  return 'O' .. pack('>I8', wanted)
end

function operations.release(peer, epoch)
  local claim = find_claim(peer)
  if claim and claim.epoch == tonumber(epoch) then release_claim(peer, claim.node) end
  return 'O'
end

function operations.join(room, peer, epoch, metadata, joined_at, capacity, known, wants_state, disconnect, moves_from)
  local stored = version_of(room)
  local has_followed = known ~= '0' and call('HGET', key('roomnodes', room), node)
  local version = math.max(stored, tonumber(known))
  -- What is left in inboxes of a room of this name that was empty meanwhile must not look like news of this one.
  if stored == 0 then version = math.max(version, tonumber(call('GET', key('lastversion')) or 0)) end
  local new = {epoch = tonumber(epoch), node = node, metadata = metadata}
  local old, claim = find_member(room, peer), find_claim(peer)
  if old and old.epoch > new.epoch then return 'U' end
  if claim and (claim.node ~= node or claim.epoch ~= new.epoch) then return 'U' end
  -- The same epoch with another place in the order: it has left and joined again, and that was forgotten.
  local is_same = old and old.epoch == new.epoch and (joined_at == '0' or tonumber(joined_at) == old.joined_at)
  if is_same then
    new = old
    version = refresh_member(room, peer, old, metadata, version)
  elseif old and old.epoch == tonumber(moves_from) then
    new = old
    if version > stored then call('SET', key('version', room), decimal(version)) end
    move_member(room, peer, old, tonumber(epoch), version)
  else
    local bound = tonumber(capacity)
    if not old and bound > 0 and call('HLEN', key('room', room)) >= bound then return 'F' end
    if old then
      call('SET', key('version', room), decimal(version))
      version = remove_member(room, peer, old, disconnect, node)
    end
    -- The next membership of this peer must be another one than this.
    version = math.max(version, tonumber(joined_at) - 1) + 1
    new.joined_at = joined_at ~= '0' and tonumber(joined_at) or version
    add_member(room, peer, new)
    call('SET', key('version', room), decimal(version))
    announce(room, version, 'j', '0', peer, new, node)
  end
  -- A member that is only brought back tells nobody of its place.
  if wants_state == '0' then return 'O' .. pack('>I8I8I8B', 0, version, new.joined_at, 0) end
  local answer = 'O' .. mark() .. pack('>I8I8', version, new.joined_at)
  return answer .. (has_followed and pack('B', 0) or pack('B', 1) .. state_of(room))
end

-- What the database takes for the node's: members, then claims.
function operations.own()
  local members, claims = {}, {}
  for _, packed in ipairs(call('SMEMBERS', key('members', node))) do
    local room, rest = unpack_at('>I4c0', packed)
    local peer = string.sub(packed, rest)
    local member = find_member(room, peer)
    if member then members[#members + 1] = text(room) .. text(peer) .. pack('>I8', member.epoch) end
  end
  for _, peer in ipairs(call('SMEMBERS', key('claims', node))) do
    local claim = find_claim(peer)
    if claim then claims[#claims + 1] = text(peer) .. pack('>I8', claim.epoch) end
  end
  return 'O' .. pack('>I4', #members) .. table.concat(members) .. table.concat(claims)
end

function operations.leave(room, peer, epoch, reason)
  local member = find_member(room, peer)
  if not member or member.epoch ~= tonumber(epoch) then return 'N' end
  local version = remove_member(room, peer, member, reason, node)
  return 'O' .. mark() .. pack('>I8', version)
end

function operations.update(room, peer, epoch, metadata)
  local member = find_member(room, peer)
  if not member or member.epoch ~= tonumber(epoch) then return 'N' end
  local version = version_of(room)
  if member.metadata ~= metadata then
    version = version + 1
    member.metadata = metadata
    store_member(room, peer, member)
    call('SET', key('version', room), decimal(version))
    announce(room, version, 'u', '0', peer, member, node)
  end
  return 'O' .. mark() .. pack('>I8', version)
end

function operations.snapshot(room, known)
  local version = version_of(room)
  if version > 0 and version < tonumber(known) then
    version = tonumber(known)
    call('SET', key('version', room), known)
  end
  return 'O' .. mark() .. pack('>I8', version) .. state_of(room)
end

-- The parts that nobody was there for are kept until the node has the answer: the batch's number and the part's index of
-- each. Gives those of the batches from `first` to `last`.
local function missing_of(records, first, last)
  local found = {}
  for at = 1, #records, 12 do
    local number = unpack_at('>I8', records, at)
    if number >= first and number <= last then found[#found + 1] = string.sub(records, at, at + 11) end
  end
  return found
end

-- Each part is three arguments: n node, p peer, r room or m a room's member; its name; the entry.
function operations.publish(batch, expires_at, first_unanswered)
  local own, number = key('node', node), tonumber(batch)
  local known = call('HMGET', own, 'batch', 'missing')
  local last, records = tonumber(known[1] or 0), known[2] or ''
  if number <= last then
    local again = missing_of(records, number, number)
    for index, record in ipairs(again) do again[index] = string.sub(record, 9) end
    return 'O' .. table.concat(again)
  end
  if now > tonumber(expires_at) then return 'X' end
  call('HSET', own, 'batch', batch)
  local missing, gathered, targets = {}, {}, {}
  local function miss(index) missing[#missing + 1] = pack('>I4', index) end
  -- What is for one node becomes one entry.
  local function send_to(target)
    local parts = gathered[target]
    gathered[target] = nil
    if parts and not deliver(target, table.concat(parts.bytes) .. 'm') then
      for _, index in ipairs(parts.indices) do miss(index) end
    end
  end
  local function gather(target, index, entry)
    local parts = gathered[target]
    if not parts then
      parts = {bytes = {}, indices = {}, size = 0}
      gathered[target], targets[#targets + 1] = parts, target
    end
    parts.bytes[#parts.bytes + 1], parts.indices[#parts.indices + 1] = string.sub(entry, 1, -2), index
    parts.size = parts.size + #entry
    if parts.size > 262144 then send_to(target) end
  end
  -- Many parts have one address, and none of them changes meanwhile.
  local function once_for_each(find)
    local found = {}
    return function(name)
      if found[name] == nil then found[name] = find(name) or false end
      return found[name]
    end
  end
  local nodes_of = once_for_each(function(room) return call('HKEYS', key('roomnodes', room)) end)
  local owner_of = once_for_each(function(peer)
    local claim = find_claim(peer)
    return claim and claim.node
  end)
  local holder_of = once_for_each(function(name)
    local room, rest = unpack_at('>I4c0', name)
    local packed = call('HGET', key('room', room), string.sub(name, rest))
    if not packed then return nil end
    local _, _, holder = unpack_at('>I8I8I4c0', packed)
    return holder
  end)
  for argument = 10, #ARGV, 3 do
    local kind, name, entry, index = ARGV[argument], ARGV[argument + 1], ARGV[argument + 2], (argument - 10) / 3
    local target
    if kind == 'r' then
      local found = false
      for _, other in ipairs(nodes_of(name)) do
        if other ~= node then
          gather(other, index, entry)
          found = true
        end
      end
      if not found then miss(index) end
    elseif kind == 'n' then
      target = name
    elseif kind == 'p' then
      target = owner_of(name)
    else
      target = holder_of(name)
    end
    if kind ~= 'n' and target == node then target = false end
    if target then gather(target, index, entry) elseif kind ~= 'r' then miss(index) end
  end
  for _, target in ipairs(targets) do send_to(target) end
  table.sort(missing)
  if #missing > 0 or records ~= '' then
    local kept = missing_of(records, tonumber(first_unanswered), last)
    for _, index in ipairs(missing) do kept[#kept + 1] = pack('>I8', number) .. index end
    call('HSET', own, 'missing', table.concat(kept))
  end
  return 'O' .. table.concat(missing)
end

-- A call that comes after one that did not happen must not happen either: the order is part of what was promised.
local operation = ARGV[1]
if operation ~= 'open' then
  local session = call('HMGET', key('node', node), 'session', 'calls')
  if session[1] ~= ARGV[5] or session[2] ~= ARGV[6] then return 'S' end
  call('HINCRBY', key('node', node), 'calls', 1)
end
return operations[operation](unpack(ARGV, 7, math.min(#ARGV, 20)))
)lua";

}  // namespace signaling::redis
